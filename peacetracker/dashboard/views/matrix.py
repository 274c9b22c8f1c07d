from peacetracker.dashboard.views.stub import stub

matrix = stub
