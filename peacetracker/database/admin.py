"""What the admin of every app shares: refusals as form errors, readable history, periods, cheap autocompletes."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import Any

import pghistory
from django import forms
from django.contrib import admin, messages
from django.contrib.admin.options import BaseModelAdmin
from django.contrib.admin.utils import unquote
from django.contrib.admin.widgets import AdminDateWidget, AutocompleteSelect, RelatedFieldWidgetWrapper
from django.contrib.postgres.fields import ArrayField
from django.contrib.postgres.forms import DateRangeField, RangeWidget
from django.core.exceptions import NON_FIELD_ERRORS, PermissionDenied, ValidationError
from django.db import models
from django.db.backends.postgresql.psycopg_any import DateRange
from django.forms.models import _get_foreign_key
from django.forms.renderers import get_default_renderer
from django.http import Http404, HttpRequest, HttpResponse, HttpResponseRedirect
from django.template.response import TemplateResponse
from django.urls import path, reverse
from django.utils.html import format_html
from django.utils.safestring import SafeString, mark_safe

from peacetracker.accounts.roles import REVERT
from peacetracker.database.fields import PeriodField, period
from peacetracker.database.history import changes, newest, since
from peacetracker.database.refusals import Refused, checked, words_of_constraints
from peacetracker.database.reverting import revert


class PeriodWidget(RangeWidget):
    """Two days, each with its label: a period without words is read backwards sooner or later."""

    def __init__(self, attrs: dict[str, Any] | None = None) -> None:
        super().__init__(AdminDateWidget(), attrs)

    def render(self, name: str, value: Any, attrs: Any = None, renderer: Any = None) -> SafeString:
        parts = self.get_context(name, value, attrs)["widget"]["subwidgets"]
        renderer = renderer or get_default_renderer()
        first, until = (mark_safe(renderer.render(part["template_name"], {"widget": part})) for part in parts)  # noqa: S308
        labels = (parts[0]["attrs"].get("id", ""), parts[1]["attrs"].get("id", ""))
        return format_html(
            '<span class="period"><label for="{}">from</label> {} <label for="{}">until (excluded)</label> {}</span>',
            labels[0],
            first,
            labels[1],
            until,
        )


def in_words(days: DateRange) -> str:
    """A period as lists show it: “since 21 Nov 2025”."""
    first, until = (f"{day:%-d %b %Y}" if day else "" for day in (days.lower, days.upper))
    if first and until:
        return f"{first} until {until}"
    return f"since {first}" if first else f"until {until}" if until else "always"


class PeriodFormField(DateRangeField):
    """A period whose ends may both be left open."""

    def compress(self, values: Any) -> DateRange:
        return super().compress(values) or period(None, None)


class LoadedAutocomplete(AutocompleteSelect):
    """An autocomplete that shows the object which its form has loaded, instead of loading it again.

    Django's asks the database once a widget, which makes the queries of a page grow with its inline rows.
    """

    loaded: tuple[str, str] | None = None

    def optgroups(self, name: str, value: Sequence[str], attrs: dict[str, Any] | None = None) -> list[Any]:
        if self.loaded is None or [str(v) for v in value] != [self.loaded[0]]:
            return super().optgroups(name, value, attrs)
        options = [] if self.is_required else [self.create_option(name, "", "", False, 0)]
        options.append(self.create_option(name, *self.loaded, True, len(options)))
        return [(None, options, 0)]


class RecordForm(forms.ModelForm):
    """A form that says in words which rule of the record is broken."""

    refusal: str | None = None  # what the database refused when this form was saved a moment ago

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        for name, field in self.fields.items():
            widget = field.widget
            if isinstance(widget, RelatedFieldWidgetWrapper):
                widget = widget.widget
            if isinstance(widget, LoadedAutocomplete):
                related = self.instance._meta.get_field(name)
                if related.is_cached(self.instance) and (chosen := getattr(self.instance, name)):
                    widget.loaded = (str(chosen.pk), str(chosen))

    def _post_clean(self) -> None:
        super()._post_clean()  # type: ignore[misc]
        if self.refusal:
            self.add_error(None, self.refusal)

    def _update_errors(self, errors: ValidationError) -> None:
        if hasattr(errors, "error_dict") and NON_FIELD_ERRORS in errors.error_dict:
            words = words_of_constraints(self.instance)
            errors.error_dict[NON_FIELD_ERRORS] = [
                ValidationError(words[error.message], code=error.code) if error.message in words else error
                for error in errors.error_dict[NON_FIELD_ERRORS]
            ]
        super()._update_errors(errors)  # type: ignore[misc]


class RecordFields(BaseModelAdmin):
    """Form fields as admin and inlines of the record want them."""

    form: type[forms.ModelForm[Any]] = RecordForm
    formfield_overrides = {
        PeriodField: {"form_class": PeriodFormField, "widget": PeriodWidget, "required": False},
        models.TextField: {"widget": forms.Textarea(attrs={"rows": 4, "cols": 80})},
        models.URLField: {"assume_scheme": "https"},
        ArrayField: {"widget": forms.Textarea(attrs={"rows": 2, "cols": 80})},
    }

    def formfield_for_foreignkey(self, db_field: Any, request: HttpRequest, **kwargs: Any) -> Any:
        if db_field.name in self.get_autocomplete_fields(request):
            kwargs.setdefault("widget", LoadedAutocomplete(db_field, self.admin_site, using=kwargs.get("using")))
        return super().formfield_for_foreignkey(db_field, request, **kwargs)


class ReadOnly(BaseModelAdmin):
    """Rows that can be seen, and nobody changes."""

    def has_add_permission(self, request: HttpRequest) -> bool:
        return False

    def has_change_permission(self, request: HttpRequest, obj: Any = None) -> bool:
        return False

    def has_delete_permission(self, request: HttpRequest, obj: Any = None) -> bool:
        return False


class RecordFormSet(forms.BaseInlineFormSet):
    """Rows that know the object they belong to: their str() would load it again for each."""

    def add_fields(self, form: Any, index: int | None) -> None:
        super().add_fields(form, index)
        if "DELETE" in form.fields:
            form.fields["DELETE"].widget.attrs["aria-label"] = "remove this row"

    def _construct_form(self, i: int, **kwargs: Any) -> Any:
        form = super()._construct_form(i, **kwargs)  # type: ignore[misc]
        if self.instance.pk:
            setattr(form.instance, self.fk.name, self.instance)
        return form


class RecordInline(RecordFields, admin.TabularInline):
    """Rows that belong to an object, without a query a row."""

    extra = 0
    formset = RecordFormSet

    def get_queryset(self, request: HttpRequest) -> models.QuerySet:
        return super().get_queryset(request).select_related(*self.get_autocomplete_fields(request))


class RecordAdmin(RecordFields, admin.ModelAdmin):
    """Admin of a table of the record."""

    show_full_result_count = False
    list_per_page = 50
    save_on_top = True
    object_history_template = "admin/record_history.html"

    class Media:
        css = {"all": ["css/admin.css"]}

    def view_on_site(self, record: Any) -> str | None:
        """Straight to the readers' page; Django's detour needs the site's name in the database."""
        return record.get_absolute_url() if hasattr(record, "get_absolute_url") else None

    # -- Refusals. A constraint speaks when the row is written or, deferred, at COMMIT: both must become errors of the
    # form, with everything that was typed still in it. So the page is made once more, this time with the refusal.

    def changeform_view(self, request: HttpRequest, *args: Any, **kwargs: Any) -> HttpResponse:
        if request.method != "POST":
            return super().changeform_view(request, *args, **kwargs)
        try:
            with checked(), pghistory.context(**self._reason(request)):
                self._refuse_if_changed_since(request, *args, **kwargs)
                return super().changeform_view(request, *args, **kwargs)
        except Refused as refusal:
            request.refusal = str(refusal)  # type: ignore[attr-defined]
            return super().changeform_view(request, *args, **kwargs)

    def _reason(self, request: HttpRequest) -> dict[str, str]:
        reason = request.POST.get("_why", "").strip()[:300]
        return {"reason": reason} if reason else {}

    # -- Two people at once. The form carries a mark of the newest change that it shows; a save is refused if there is a
    # newer one, and the page comes back with what was typed and with the mark of now: a second save is a decision.

    def _refuse_if_changed_since(
        self, request: HttpRequest, object_id: str | None = None, *args: Any, **_: Any
    ) -> None:
        mark = request.POST.get("_seen", "")
        if not mark or object_id is None or not hasattr(self.model, "pgh_event_model"):
            return
        rows = self.model._base_manager.select_for_update(of=("self",))
        record = rows.filter(pk=unquote(object_id)).first()
        if record is not None and newest(record, self.history_parts()) != mark:
            raise Refused("somebody_else_changed_it", self._what_changed(record, mark))

    def _what_changed(self, record: Any, mark: str) -> str:
        found = since(mark, changes(record, self.history_parts()), record)
        words = "; ".join(f"{d.field}: “{d.before}” → “{d.after}”" for change in found for d in change.differences)
        who = ", ".join(dict.fromkeys(change.who for change in found if change.who)) or "Somebody"
        told = f" ({words})" if words else ""
        return (
            f"{who} changed this after you opened it{told}. Nothing of yours was saved, and all you typed is still "
            "here. Look at it again: saving once more replaces what they wrote."
        )

    def render_change_form(self, request: HttpRequest, context: Any, *args: Any, **kwargs: Any) -> HttpResponse:
        record = kwargs.get("obj")
        if record is not None and hasattr(self.model, "pgh_event_model"):
            context["seen"] = newest(record, self.history_parts())
            context["why"] = request.POST.get("_why", "")
        return super().render_change_form(request, context, *args, **kwargs)

    def get_form(self, request: HttpRequest, obj: Any = None, change: bool = False, **kwargs: Any) -> Any:
        form = super().get_form(request, obj, change, **kwargs)
        refusal = getattr(request, "refusal", None)
        return type(form.__name__, (form,), {"refusal": refusal}) if refusal else form

    def save_related(self, request: HttpRequest, form: Any, formsets: Any, change: bool) -> None:
        # Deferred constraints speak here, before Django queues the message that all went well.
        with checked():
            super().save_related(request, form, formsets, change)

    def delete_view(self, request: HttpRequest, object_id: str, extra_context: Any = None) -> HttpResponse:
        return self._or_message(
            request, lambda: super(RecordAdmin, self).delete_view(request, object_id, extra_context)
        )

    def changelist_view(self, request: HttpRequest, extra_context: Any = None) -> HttpResponse:
        if request.method != "POST":
            return super().changelist_view(request, extra_context)
        return self._or_message(request, lambda: super(RecordAdmin, self).changelist_view(request, extra_context))

    def delete_model(self, request: HttpRequest, obj: Any) -> None:
        with checked():
            super().delete_model(request, obj)

    def delete_queryset(self, request: HttpRequest, queryset: models.QuerySet) -> None:
        with checked():
            super().delete_queryset(request, queryset)

    def _or_message(self, request: HttpRequest, view: Callable[[], HttpResponse]) -> HttpResponse:
        try:
            return view()
        except Refused as refusal:
            self.message_user(request, str(refusal), messages.ERROR)
            return HttpResponseRedirect(request.get_full_path())

    # -- History

    def history_view(self, request: HttpRequest, object_id: str, extra_context: Any = None) -> HttpResponse:
        if not hasattr(self.model, "pgh_event_model"):  # not a part of the record: Django's own log has to do
            return super().history_view(request, object_id, extra_context)
        record = self.get_object(request, unquote(object_id))
        # Without the record, or the right to see it, Django's view answers before it uses the context.
        found = []
        if record is not None and self.has_view_or_change_permission(request, record):
            found = changes(record, self.history_parts())
        context = {
            "changes": found,
            "may_revert": record is not None and self.has_revert_permission(request, record),
            "own_table": self.model._meta.concrete_model._meta.label_lower,
        }
        return super().history_view(request, object_id, {**context, **(extra_context or {})})

    def has_revert_permission(self, request: HttpRequest, record: Any) -> bool:
        return request.user.has_perm(REVERT) and self.has_change_permission(request, record)

    def revert_view(self, request: HttpRequest, object_id: str, table: str, event: int) -> HttpResponse:
        """Shows a change and asks why it should be taken back; by POST it is."""
        record = self.get_object(request, unquote(object_id))
        if record is None:
            raise Http404("There is no such object.")
        if not self.has_revert_permission(request, record):
            raise PermissionDenied
        found = changes(record, self.history_parts())
        change = next((change for change in found if (change.table, change.event) == (table, event)), None)
        if change is None or not change.can_be_reverted or (change.action == "added" and self._is_own(table)):
            raise Http404("There is no such change to this object.")
        problem = ""
        if request.method == "POST":
            try:
                revert(table, event, request.POST.get("_why", "").strip()[:300], by=request.user)
            except Refused as refusal:
                problem = str(refusal)
            else:
                self.message_user(request, f"Reverted: {change.of} {change.action}.", messages.SUCCESS)
                return HttpResponseRedirect(self._history_of(record))
        context = {
            **self.admin_site.each_context(request),
            "opts": self.opts,
            "title": "Revert a change",
            "record": record,
            "change": change,
            "problem": problem,
            "history": self._history_of(record),
        }
        return TemplateResponse(request, "admin/revert.html", context)

    def _is_own(self, table: str) -> bool:
        return table == self.model._meta.concrete_model._meta.label_lower

    def _history_of(self, record: Any) -> str:
        return reverse(f"admin:{self.opts.app_label}_{self.opts.model_name}_history", args=[record.pk])

    def get_urls(self) -> list[Any]:
        name = f"{self.opts.app_label}_{self.opts.model_name}_revert"
        view = self.admin_site.admin_view(self.revert_view)
        page = path("<path:object_id>/history/<str:table>/<int:event>/revert/", view, name=name)
        return [page, *super().get_urls()]

    def history_parts(self) -> list[tuple[type[models.Model], str]]:
        """Models whose changes belong to the object's history, with their key to it: those of its inlines."""
        return [
            (inline.model, _get_foreign_key(self.model, inline.model, inline.fk_name).name) for inline in self.inlines
        ]
