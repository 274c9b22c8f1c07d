"""Brotli for those who take it, gzip for the others.

At quality 5 the largest matrix weighs 8 to 20 per cent less than as gzip and is as quick to compress. (zstd at its
default level weighs more than gzip; django-http-compression, which prefers it, would cost readers bytes.)
"""

from secrets import randbelow, token_urlsafe

import brotli
from django.http import HttpRequest, HttpResponse
from django.http.response import HttpResponseBase
from django.middleware.gzip import GZipMiddleware
from django.utils.cache import patch_vary_headers

QUALITY = 5
SMALLEST = 200  # bytes; less is not worth it
NOISE = 99  # random bytes that hide the exact length, against BREACH


class CompressionMiddleware(GZipMiddleware):
    def process_response(self, request: HttpRequest, response: HttpResponseBase) -> HttpResponseBase:
        codings = [part.partition(";")[0].strip() for part in request.headers.get("Accept-Encoding", "").split(",")]
        if "br" not in codings or not isinstance(response, HttpResponse) or response.has_header("Content-Encoding"):
            return super().process_response(request, response)
        if len(response.content) < SMALLEST:
            return response
        patch_vary_headers(response, ("Accept-Encoding",))
        response.content = brotli.compress(response.content, quality=QUALITY)
        response.headers["Content-Length"] = str(len(response.content))
        response.headers["Content-Encoding"] = "br"
        response.headers["X-Noise"] = token_urlsafe(randbelow(NOISE + 1))
        etag = response.headers.get("ETag", "")
        if etag.startswith('"'):
            response.headers["ETag"] = f"W/{etag}"  # the same page compressed or not
        return response
