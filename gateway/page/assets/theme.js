// Before the first paint: the colours that were chosen here earlier. Without a choice the system's.
const theme = (() => {
  try {
    return localStorage.getItem("steward.theme");
  } catch {
    return null;
  }
})();
if (theme === "light" || theme === "dark") {
  document.documentElement.dataset.theme = theme;
}
