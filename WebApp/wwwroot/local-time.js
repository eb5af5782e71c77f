// Lets people name a time by their own clock. Without it, the form says UTC and means it.
for (const form of document.querySelectorAll("form[data-local-time]")) {
  form.querySelector("[data-zone]").textContent = "your time";
  form.addEventListener("submit", () => {
    // The offset of that day: summer time may begin before it.
    form.elements.offset.value = -new Date(form.elements.until.value).getTimezoneOffset();
  });
}
