// Autocompletes in the admin: select2 leaves an empty one without a name for screen readers; it takes the field's label.
"use strict";
(function () {
  const PARTS = ".select2-selection[role=combobox], .select2-selection__rendered[role=textbox]";
  function name(part) {
    const select = part.closest(".select2-container").previousElementSibling;
    const label = select && document.querySelector(`label[for="${select.id}"]`);
    const words = (label && label.textContent) || (select && (select.getAttribute("aria-label") || select.name));
    if (words) {
      part.setAttribute("aria-label", words.trim());
      part.removeAttribute("aria-labelledby");
    }
  }
  function nameAll() {
    document.querySelectorAll(PARTS).forEach(name);
  }
  window.addEventListener("load", nameAll);
  document.addEventListener("formset:added", nameAll);
  document.addEventListener("focusin", nameAll);
})();
