from peacetracker.dashboard.views.stub import stub

search = stub
