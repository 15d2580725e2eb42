// Follows Airflow's choice of light or dark, which its UI stores under "theme" for this origin.
// Runs before the page is drawn. If nothing is chosen, the system's preference applies (CSS).
(() => {
  const follow = () => {
    let chosen = null;
    try {
      chosen = localStorage.getItem("theme");
    } catch {
      chosen = null; // storage is blocked: the system's preference applies
    }
    const root = document.documentElement.classList;
    root.toggle("dark", chosen === "dark");
    root.toggle("light", chosen === "light");
  };
  follow();
  addEventListener("storage", follow);
})();
