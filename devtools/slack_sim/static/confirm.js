// A button's confirmation dialog, in the page: title, text, and the two ways out.

import { make } from "./dom.js";
import { mrkdwn } from "./mrkdwn.js";

function way(classes, text, dialog, value) {
  const button = make("button", `slack-button ${classes}`, text);
  button.type = "button";
  button.addEventListener("click", () => dialog.close(value));
  return button;
}

export function confirmed(asked) {
  const text = asked.text.type === "mrkdwn" ? mrkdwn(asked.text.text) : make("p", "", asked.text.text);
  const title = make("h2", "", asked.title.text);
  const dialog = make("dialog", "confirm", title, make("div", "confirm-text", text));
  title.id = "confirm-title";
  dialog.setAttribute("aria-labelledby", title.id);
  const yes = way(`filled ${asked.style ?? "primary"}`, asked.confirm.text, dialog, "yes");
  dialog.append(make("div", "confirm-ways", way("", asked.deny.text, dialog, ""), yes));
  document.body.append(dialog);
  dialog.showModal();
  yes.focus();
  return new Promise((resolve) => {
    dialog.addEventListener("close", () => {
      dialog.remove();
      resolve(dialog.returnValue === "yes");
    });
  });
}
