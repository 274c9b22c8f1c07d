from peacetracker.dashboard.views.stub import stub

methodology = stub
