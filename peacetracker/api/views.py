from django.http import HttpRequest, HttpResponse
from django.views.decorators.http import require_safe
from ninja.openapi.docs import Swagger

from peacetracker.api.v1 import api


@require_safe
def docs(request: HttpRequest) -> HttpResponse:
    """Swagger UI from our own static files."""
    return Swagger(settings={"docExpansion": "list", "defaultModelsExpandDepth": 0}).render_page(request, api)
