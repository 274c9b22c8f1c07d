from peacetracker.dashboard.views.stub import stub

issues = stub
issue = stub
