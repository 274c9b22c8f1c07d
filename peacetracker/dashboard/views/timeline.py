from peacetracker.dashboard.views.stub import stub

timeline = stub
