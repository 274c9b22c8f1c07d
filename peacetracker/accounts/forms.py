from __future__ import annotations

from typing import Any

from django import forms
from django.contrib.admin.forms import AdminAuthenticationForm
from django.contrib.auth.forms import AuthenticationForm
from django.contrib.auth.models import User
from django.contrib.auth.signals import user_login_failed
from django.core.exceptions import ValidationError

from peacetracker.accounts.roles import may_enter
from peacetracker.accounts.second_factor import has_second_factor, verified_device

WRONG_CODE = "This code is wrong or has been used. Wait for the next one; after several wrong ones, a little longer."


class CodeField(forms.CharField):
    def __init__(self, **kwargs: Any) -> None:
        widget = forms.TextInput(attrs={"autocomplete": "one-time-code", "spellcheck": "false"})
        super().__init__(label="Code from your app", max_length=16, widget=widget, **kwargs)


class LogInForm(AdminAuthenticationForm):
    """For whoever has a role, while Django's own asks for `is_staff`; with the second factor of those who have one."""

    code = CodeField(required=False, help_text="Only if you have set up a second factor; a recovery code works too.")

    def confirm_login_allowed(self, user: User) -> None:
        AuthenticationForm.confirm_login_allowed(self, user)
        if not may_enter(user):
            raise ValidationError(
                self.error_messages["invalid_login"],
                code="invalid_login",
                params={"username": self.username_field.verbose_name},
            )

    def clean(self) -> dict[str, Any]:
        data = super().clean()
        user = self.get_user()
        if user is not None and has_second_factor(user):
            self._check_code(user, data.get("code", ""))
        return data

    def _check_code(self, user: Any, code: str) -> None:
        if not code:
            raise ValidationError("Type the code from your app, too.", code="code_required")
        user.otp_device = verified_device(user, code)
        if user.otp_device is None:
            credentials = {"username": user.get_username()}
            user_login_failed.send(sender=__name__, credentials=credentials, request=self.request)
            raise ValidationError(WRONG_CODE, code="wrong_code")


class CodeForm(forms.Form):
    """A code from the app (or a recovery code) that must fit."""

    code = CodeField()

    def __init__(self, data: Any = None, *, verify: Any) -> None:
        super().__init__(data)
        self.verify = verify

    def clean_code(self) -> str:
        code: str = self.cleaned_data["code"]
        self.device = self.verify(code)
        if not self.device:
            raise ValidationError(WRONG_CODE, code="wrong_code")
        return code
