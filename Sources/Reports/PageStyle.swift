/// The style of all pages: light and dark, on a screen, a phone and paper.
enum PageStyle {
  static let text = """
    :root { --paper: #ffffff; --ink: #1b1b1f; --soft: #55565e; --rule: #dcdde3; --wash: #f5f5f8; --link: #0b5cad }
    @media (prefers-color-scheme: dark) {
      :root { --paper: #16171b; --ink: #ececf1; --soft: #a9abb6; --rule: #34363f; --wash: #1f2026; --link: #7db8f5 }
    }
    * { box-sizing: border-box }
    body { margin: 0 auto; padding: 2rem 1.25rem 4rem; max-width: 68rem; background: var(--paper); color: var(--ink);
      font: 16px/1.55 system-ui, "Liberation Sans", "Helvetica Neue", Arial, sans-serif }
    h1 { font-size: 1.7rem; line-height: 1.2; margin: 0 0 .5rem; overflow-wrap: anywhere }
    h2 { font-size: 1.15rem; margin: 2.5rem 0 .75rem }
    p { margin: .5rem 0; max-width: 46rem; overflow-wrap: anywhere }
    a { color: var(--link) }
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
    """
}
