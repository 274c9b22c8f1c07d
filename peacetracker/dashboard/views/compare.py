from peacetracker.dashboard.views.stub import stub

compare = stub
