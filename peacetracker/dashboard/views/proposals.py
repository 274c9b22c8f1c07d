from peacetracker.dashboard.views.stub import stub

proposals = stub
proposal = stub
provision = stub
