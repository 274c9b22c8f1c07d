from peacetracker.dashboard.views.stub import stub

actors = stub
actor = stub
