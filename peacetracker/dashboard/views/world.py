from peacetracker.dashboard.views.stub import stub

world = stub
