/// The page's mustache template, with its style and its few lines of script.
enum StudyPageTemplate {
  static let text = #"""
    {{% CONTENT_TYPE:PAGE}}
    <!doctype html>
    <html lang="en">
    <head>
    <meta charset="utf-8">
    <meta name="viewport" content="width=device-width, initial-scale=1">
    <meta name="color-scheme" content="light dark">
    <meta http-equiv="Content-Security-Policy" content="default-src 'none'; style-src 'unsafe-inline'; script-src 'unsafe-inline'; img-src data:">
    <title>{{title}}</title>
    <style>
    :root { --paper: #ffffff; --ink: #1b1b1f; --soft: #55565e; --rule: #dcdde3; --wash: #f5f5f8; --link: #0b5cad }
    @media (prefers-color-scheme: dark) {
      :root { --paper: #16171b; --ink: #ececf1; --soft: #a9abb6; --rule: #34363f; --wash: #1f2026; --link: #7db8f5 }
    }
    * { box-sizing: border-box }
    body { margin: 0 auto; padding: 2rem 1.25rem 4rem; max-width: 68rem; background: var(--paper); color: var(--ink);
      font: 16px/1.55 system-ui, "Liberation Sans", "Helvetica Neue", Arial, sans-serif }
    h1 { font-size: 1.7rem; line-height: 1.2; margin: 0 0 .5rem; overflow-wrap: anywhere }
    h2 { font-size: 1.15rem; margin: 2.5rem 0 .75rem }
    p { margin: .5rem 0; max-width: 46rem }
    .lead, figcaption, .notes { color: var(--soft) }
    .notes, figcaption { font-size: .9rem }
    .scroll { overflow-x: auto; border: 1px solid var(--rule); border-radius: 8px }
    .tall { max-height: 34rem; overflow-y: auto }
    table { border-collapse: separate; border-spacing: 0; width: 100%; font-variant-numeric: tabular-nums; font-size: .9rem }
    th, td { padding: .4rem .75rem; text-align: right; white-space: nowrap; border-bottom: 1px solid var(--rule) }
    tbody tr:last-child td { border-bottom: 0 }
    th { background: var(--wash); font-weight: 600; position: sticky; top: 0 }
    th:first-child, td:first-child { text-align: left; position: sticky; left: 0 }
    td:first-child { background: var(--paper) }
    th:first-child { z-index: 1 }
    th button { all: unset; cursor: pointer; font: inherit }
    th button:focus-visible { outline: 2px solid var(--link); outline-offset: 2px }
    th[aria-sort=ascending] button::after { content: " ▲" }
    th[aria-sort=descending] button::after { content: " ▼" }
    dl { display: grid; grid-template-columns: max-content 1fr; gap: .25rem 1.25rem; margin: 0; font-size: .9rem }
    dt { color: var(--soft) }
    dd { margin: 0; overflow-wrap: anywhere }
    @media (max-width: 34rem) { dl { grid-template-columns: 1fr; gap: 0 } dd { margin-bottom: .5rem } }
    figure { margin: 0 }
    figure .scroll { border: 0 }
    figure svg { display: block; width: 100%; min-width: 34rem; height: auto }
    figure svg text { fill: var(--ink) }
    figure svg [stroke='rgb( 68,  68,  68)'], figure svg [stroke='rgb(  0,   0,   0)'] { stroke: var(--soft) }
    figure svg [stroke='rgb(221, 221, 221)'] { stroke: var(--rule) }
    figcaption { margin-top: .75rem; max-width: 46rem }
    pre { margin: .5rem 0; padding: .75rem 1rem; overflow-x: auto; background: var(--wash); border: 1px solid var(--rule);
      border-radius: 8px; font: .85rem/1.5 ui-monospace, "Liberation Mono", Menlo, monospace }
    summary { cursor: pointer; color: var(--link) }
    .filters { display: flex; flex-wrap: wrap; gap: .5rem 1rem; align-items: end; margin: .75rem 0; font-size: .9rem }
    .filters label { display: flex; flex-direction: column; color: var(--soft) }
    select, input { font: inherit; color: var(--ink); background: var(--wash); border: 1px solid var(--rule);
      border-radius: 6px; padding: .3rem .5rem }
    input { width: 7rem }
    #samples tbody tr { cursor: pointer }
    #samples tbody tr:hover td, #samples tbody tr:focus-visible td { background: var(--wash) }
    dialog { width: min(46rem, 94vw); color: var(--ink); background: var(--paper); border: 1px solid var(--rule);
      border-radius: 12px; padding: 1.25rem }
    dialog::backdrop { background: rgb(0 0 0 / .5) }
    dialog h2 { margin: 0 0 .75rem }
    dialog .close { float: right; font: inherit; color: var(--link); background: none; border: 0; cursor: pointer }
    .pictures { display: grid; grid-template-columns: repeat(3, 1fr); gap: .75rem; margin: 1rem 0 }
    .pictures canvas { width: 100%; image-rendering: pixelated; border: 1px solid var(--rule); border-radius: 4px }
    @media print {
      .filters { display: none }
      body { max-width: none; padding: 0; font-size: 10pt }
      .scroll, .tall { overflow: visible; max-height: none; border: 0 }
      th, td { padding: .2rem .4rem; position: static }
      figure, tr { break-inside: avoid }
      figure svg { min-width: 0 }
    }
    </style>
    </head>
    <body>
    <header>
    <h1>{{title}}</h1>
    <p class="lead">{{lead}}</p>
    </header>
    <main>
    <section>
    <h2>Error by method</h2>
    <p class="notes">Error = estimate − exact worst-case margin, in logits; the margin of a class is its output minus that of
    the label. The variance is that of these samples (divided by n).</p>
    <div class="scroll"><table>
    <thead><tr><th scope="col">Method</th><th scope="col">Mean error</th><th scope="col">Mean |error|</th><th scope="col">Variance</th><th scope="col">Median</th><th scope="col">Smallest</th><th scope="col">Largest</th><th scope="col">Open brackets</th><th scope="col">Seconds</th></tr></thead>
    <tbody>
    {{#methods}}
    <tr><td>{{name}}</td><td>{{mean}}</td><td>{{absolute}}</td><td>{{variance}}</td><td>{{median}}</td><td>{{minimum}}</td><td>{{maximum}}</td><td>{{open}}</td><td>{{seconds}}</td></tr>
    {{/methods}}
    </tbody></table></div>
    {{#footer}}
    <p class="notes">{{.}}</p>
    {{/footer}}
    </section>
    <section>
    <h2>Distribution of the error</h2>
    <figure>
    <div class="scroll">{{{svg}}}</div>
    <figcaption>{{caption}}</figcaption>
    </figure>
    </section>
    <section>
    <h2>Samples</h2>
    <p class="notes">Lower is a margin that a stored input attains, upper one that no input of the region exceeds. Choose a
    heading to sort. {{pictured}} All digits are in <code>samples.csv</code>.</p>
    <form class="filters" id="filters">
    <label>Verdict<select name="verdict"><option value="">all</option><option>robust</option><option>not robust</option><option>undecided</option></select></label>
    <label>Bracket<select name="status"><option value="">all</option><option>exact</option><option>bracket</option></select></label>
    <label>Label<select name="label"><option value="">all</option>{{#labels}}<option>{{.}}</option>{{/labels}}</select></label>
    <label>Index<input name="index" inputmode="numeric" placeholder="any"></label>
    <output id="shown"></output>
    </form>
    <div class="scroll tall"><table id="samples">
    <thead><tr><th scope="col"><button>Index</button></th><th scope="col"><button>Label</button></th><th scope="col"><button>Predicted</button></th><th scope="col"><button>Lower</button></th><th scope="col"><button>Upper</button></th><th scope="col"><button>Class</button></th><th scope="col"><button>Status</button></th>{{#methodNames}}<th scope="col"><button>{{.}}</button></th>{{/methodNames}}<th scope="col"><button>Seconds</button></th></tr></thead>
    <tbody>
    {{#rows}}
    <tr data-verdict="{{verdict}}" tabindex="0"><td>{{index}}</td><td>{{label}}</td><td>{{predicted}}</td><td>{{lower}}</td><td>{{upper}}</td><td>{{target}}</td><td title="{{reason}}">{{status}}</td>{{#estimates}}<td>{{.}}</td>{{/estimates}}<td>{{seconds}}</td></tr>
    {{/rows}}
    </tbody></table></div>
    </section>
    <section>
    <h2>How to reproduce</h2>
    <p>This command runs the study, or continues it where it stopped:</p>
    <pre>{{command}}</pre>
    <p>This one makes the page again from the stored results:</p>
    <pre>{{reportCommand}}</pre>
    <details><summary>All settings</summary><pre>{{settings}}</pre></details>
    </section>
    <section>
    <h2>Provenance</h2>
    <dl>
    {{#facts}}
    <dt>{{name}}</dt><dd>{{value}}</dd>
    {{/facts}}
    </dl>
    </section>
    </main>
    <dialog id="sample"><button class="close">Close</button><h2></h2><p class="notes"></p><div class="pictures" hidden>
    <figure><canvas></canvas><figcaption>the sample</figcaption></figure>
    <figure><canvas></canvas><figcaption>the worst input found</figcaption></figure>
    <figure><canvas></canvas><figcaption>the change: red up, blue down</figcaption></figure>
    </div><div class="scroll"><table><thead><tr><th scope="col">Method</th><th scope="col">Estimate</th><th scope="col">Error</th></tr></thead><tbody></tbody></table></div></dialog>
    <script type="application/json" id="pictures">{{{pictures}}}</script>
    <script>
    const number = (text) => text === "inf" ? Infinity : text === "-inf" ? -Infinity : text === "" ? NaN : Number(text);
    for (const [column, heading] of [...document.querySelectorAll("#samples th")].entries()) {
      heading.querySelector("button").addEventListener("click", () => {
        const descending = heading.getAttribute("aria-sort") === "ascending";
        for (const other of heading.parentNode.children) other.removeAttribute("aria-sort");
        heading.setAttribute("aria-sort", descending ? "descending" : "ascending");
        const body = document.querySelector("#samples tbody");
        const rows = [...body.rows].map((row) => {
          const text = row.cells[column].textContent;
          return { row, text, value: number(text) };
        });
        const order = (a, b) => {
          if (isNaN(a.value) && isNaN(b.value)) return a.text < b.text ? -1 : a.text > b.text ? 1 : 0;
          if (isNaN(a.value) || isNaN(b.value)) return isNaN(a.value) ? 1 : -1;
          return a.value - b.value || 0;
        };
        rows.sort((a, b) => descending ? order(b, a) : order(a, b));
        body.append(...rows.map((entry) => entry.row));
      });
    }
    const headings = [...document.querySelectorAll("#samples th")].map((heading) => heading.textContent);
    const cell = (row, name) => row.cells[headings.indexOf(name)].textContent;

    const filters = document.querySelector("#filters");
    const filter = () => {
      const { verdict, status, label, index } = Object.fromEntries(new FormData(filters));
      const rows = [...document.querySelector("#samples tbody").rows];
      for (const row of rows) {
        row.hidden = (verdict !== "" && row.dataset.verdict !== verdict) || (status !== "" && cell(row, "Status") !== status)
          || (label !== "" && cell(row, "Label") !== label) || (index.trim() !== "" && cell(row, "Index") !== index.trim());
      }
      document.querySelector("#shown").textContent = `${rows.filter((row) => !row.hidden).length} of ${rows.length} shown`;
    };
    filters.addEventListener("input", filter);
    filters.addEventListener("submit", (event) => event.preventDefault());
    filter();

    const pictures = JSON.parse(document.querySelector("#pictures").textContent);
    const sheet = document.querySelector("#sample");
    const bytes = (text) => Uint8Array.from(atob(text), (letter) => letter.charCodeAt(0));
    // Draws height by width points whose colours are a function of their number.
    const draw = (canvas, height, width, colour) => {
      [canvas.height, canvas.width] = [height, width];
      const context = canvas.getContext("2d");
      const points = context.createImageData(width, height);
      for (let i = 0; i < height * width; i++) points.data.set([...colour(i), 255], 4 * i);
      context.putImageData(points, 0, 0);
    };
    const show = (row) => {
      const index = cell(row, "Index");
      sheet.querySelector("h2").textContent = `Sample ${index}`;
      sheet.querySelector(".notes").textContent = `Label ${cell(row, "Label")}, classified as ${cell(row, "Predicted")}; `
        + `worst-case margin from ${cell(row, "Lower")} to ${cell(row, "Upper")} towards class ${cell(row, "Class")}: `
        + `${row.dataset.verdict}.`;
      const [lower, upper] = [number(cell(row, "Lower")), number(cell(row, "Upper"))];
      const exact = cell(row, "Status") === "exact";
      const first = headings.indexOf("Status") + 1;
      sheet.querySelector("tbody").replaceChildren(...headings.slice(first, -1).map((name, i) => {
        const estimate = row.cells[first + i].textContent;
          // The cells have six digits.
        const error = (end) => Number((number(estimate) - end).toFixed(5));
        const line = document.createElement("tr");
        const known = estimate !== "" && isFinite(number(estimate));
        const texts = [name, estimate, !known ? "" : exact ? `${error(lower)}` : `${error(upper)} … ${error(lower)}`];
        for (const text of texts) line.insertCell().textContent = text;
        return line;
      }));
      const picture = pictures[index];
      sheet.querySelector(".pictures").hidden = !picture;
      if (picture) {
        const [channels, height, width, image, worst] = [...picture.slice(0, 3), bytes(picture[3]), bytes(picture[4])];
        const plane = height * width;
        const colours = (values) => (i) => channels === 1 ? [values[i], values[i], values[i]]
          : [values[i], values[plane + i], values[2 * plane + i]];
        const change = (i) => [...Array(channels).keys()].reduce((sum, c) => sum + worst[c * plane + i] - image[c * plane + i], 0);
        const changes = Float32Array.from({ length: plane }, (_, i) => change(i));
        const most = changes.reduce((most, value) => Math.max(most, Math.abs(value)), 1);
        const canvases = sheet.querySelectorAll("canvas");
        draw(canvases[0], height, width, colours(image));
        draw(canvases[1], height, width, colours(worst));
        draw(canvases[2], height, width, (i) => {
          const rest = 255 * (1 - Math.abs(changes[i]) / most);
          return changes[i] > 0 ? [255, rest, rest] : [rest, rest, 255];
        });
      }
      sheet.showModal();
    };
    const body = document.querySelector("#samples tbody");
    body.addEventListener("click", (event) => show(event.target.closest("tr")));
    body.addEventListener("keydown", (event) => { if (event.key === "Enter") show(event.target.closest("tr")) });
    sheet.querySelector(".close").addEventListener("click", () => sheet.close());
    sheet.addEventListener("click", (event) => { if (event.target === sheet) sheet.close() });
    </script>
    </body>
    </html>
    """#
}
