from peacetracker.dashboard.views.stub import stub

position = stub
