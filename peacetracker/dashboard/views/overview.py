from peacetracker.dashboard.views.stub import stub

overview = stub
