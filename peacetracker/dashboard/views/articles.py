from peacetracker.dashboard.views.stub import stub

article = stub
