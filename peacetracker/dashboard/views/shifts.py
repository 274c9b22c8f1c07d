from peacetracker.dashboard.views.stub import stub

shifts = stub
