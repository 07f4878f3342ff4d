// A phone in a page: what is typed goes to /sms/messages, and what comes back is shown as text.

const byId = (id) => document.getElementById(id);
const digits = String(crypto.getRandomValues(new Uint32Array(1))[0] % 10000).padStart(4, "0");
const number = `+1555555${digits}`;

function show(text, note, mine) {
  const item = document.createElement("li");
  const bubble = document.createElement("p");
  bubble.textContent = text;
  item.append(bubble);
  item.className = mine ? "mine" : "";
  if (note) {
    const small = document.createElement("small");
    small.textContent = note;
    item.append(small);
  }
  byId("messages").append(item);
  item.scrollIntoView({ block: "nearest" });
}

function taken({ segments, encoding, places }) {
  return `${segments} segment${segments === 1 ? "" : "s"}, ${encoding}, ${places} places`;
}

async function send(text, photo) {
  show(photo ? `${text} [photo]`.trim() : text, "", true);
  byId("state").textContent = "Sent.";
  try {
    const answer = await fetch("/sms/messages", {
      method: "POST",
      headers: { "Content-Type": "application/json" },
      body: JSON.stringify({ number, text, photo }),
    });
    if (!answer.ok) throw new Error();
    const { texts, opted_out: optedOut, carrier } = await answer.json();
    for (const each of texts) show(each.text, taken(each), false);
    const silence = carrier
      ? "Nothing is sent: the phone company answers this word."
      : "Nothing is sent.";
    const wants = optedOut ? " This number wants no texts; START brings them back." : "";
    byId("state").textContent = `${texts.length ? "" : silence}${wants}`;
  } catch {
    byId("state").textContent = "Otto could not be reached. Is it running?";
  }
}

byId("form").addEventListener("submit", (event) => {
  event.preventDefault();
  const text = byId("text").value;
  const photo = byId("photo").checked;
  event.target.reset();
  byId("text").focus();
  send(text, photo);
});
