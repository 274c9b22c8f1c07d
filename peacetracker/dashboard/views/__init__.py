"""Readers' pages: each view reads its parameters, asks a queryset, renders a template."""
