from peacetracker.dashboard.views.stub import stub

alignment = stub
