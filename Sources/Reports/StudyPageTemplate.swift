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
    table { border-collapse: collapse; width: 100%; font-variant-numeric: tabular-nums; font-size: .9rem }
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
    @media print {
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
    heading to sort. All digits are in <code>samples.csv</code>.</p>
    <div class="scroll tall"><table id="samples">
    <thead><tr><th scope="col"><button>Index</button></th><th scope="col"><button>Label</button></th><th scope="col"><button>Predicted</button></th><th scope="col"><button>Lower</button></th><th scope="col"><button>Upper</button></th><th scope="col"><button>Class</button></th><th scope="col"><button>Status</button></th>{{#methodNames}}<th scope="col"><button>{{.}}</button></th>{{/methodNames}}<th scope="col"><button>Seconds</button></th></tr></thead>
    <tbody>
    {{#rows}}
    <tr><td>{{index}}</td><td>{{label}}</td><td>{{predicted}}</td><td>{{lower}}</td><td>{{upper}}</td><td>{{target}}</td><td title="{{reason}}">{{status}}</td>{{#estimates}}<td>{{.}}</td>{{/estimates}}<td>{{seconds}}</td></tr>
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
    <script>
    for (const [column, heading] of [...document.querySelectorAll("#samples th")].entries()) {
      heading.querySelector("button").addEventListener("click", () => {
        const descending = heading.getAttribute("aria-sort") === "ascending";
        for (const other of heading.parentNode.children) other.removeAttribute("aria-sort");
        heading.setAttribute("aria-sort", descending ? "descending" : "ascending");
        const body = document.querySelector("#samples tbody");
        const number = (text) => text === "inf" ? Infinity : text === "-inf" ? -Infinity : text === "" ? NaN : Number(text);
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
    </script>
    </body>
    </html>
    """#
}
