/// The page's mustache template, with its style and its few lines of script.
enum StudyPageTemplate {
  static let text = #"""
    \#(PageFrame.head(policy: "script-src 'unsafe-inline'; img-src data:"))
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
