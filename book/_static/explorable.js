/* Draws the figures that a reader moves (lmphys.book.explorable): every position was computed when the page ran. */
(function () {
  const INK = "#222222", CARD = "#fbfbf9", GRID = "#dddddd";
  /* What an array holds at a position of the sliders; an axis of length 1 holds for all positions. */
  const at = (values, place) => place.reduce((rest, i) => rest[Math.min(i, rest.length - 1)], values);

  function trace(curve, place) {
    const drawn = {x: at(curve.x, place), y: at(curve.y, place), name: curve.label, showlegend: Boolean(curve.label)};
    if (curve.kind === "bars") return {...drawn, type: "bar", marker: {color: curve.colour}};
    if (curve.kind === "points") return {...drawn, mode: "markers", marker: {color: curve.colour, size: 7}};
    return {...drawn, mode: "lines", line: {color: curve.colour, dash: curve.dash, width: 2.2}};
  }

  function axis(title, range, log) {
    const limits = range && (log ? range.map(Math.log10) : range);
    return {title: {text: title}, type: log ? "log" : "linear", range: limits, autorange: !limits, fixedrange: true,
      gridcolor: GRID, zerolinecolor: GRID, color: INK, automargin: true};
  }

  function layout(panel) {
    const x = axis(panel.x, panel.x_range, panel.log.includes("x"));
    if (panel.names.length) Object.assign(x, {tickvals: panel.names.map((_, i) => i), ticktext: panel.names});
    return {title: {text: panel.title, font: {size: 14}, x: 0, xref: "paper", y: 0.97, yanchor: "top"}, xaxis: x,
      yaxis: axis(panel.y, panel.y_range, panel.log.includes("y")), margin: {l: 50, r: 12, t: 64, b: 44},
      paper_bgcolor: CARD, plot_bgcolor: CARD, font: {color: INK, size: 12}, height: 320, dragmode: false,
      legend: {orientation: "h", x: 0, y: 1, yanchor: "bottom"}};
  }

  function slider(given, moved) {
    const label = document.createElement("label"), shown = document.createElement("output");
    const input = Object.assign(document.createElement("input"),
      {type: "range", min: 0, max: given.labels.length - 1, step: 1, value: given.start});
    input.setAttribute("aria-label", given.name);
    function say() {
      shown.textContent = given.labels[input.value];
      input.setAttribute("aria-valuetext", shown.textContent);
    }
    input.addEventListener("input", () => { say(); moved(); });
    say();
    label.append(given.name + " = ", shown, input);
    return label;
  }

  function begin(box) {
    const spec = JSON.parse(box.querySelector("script").textContent);
    const panels = box.querySelector(".panels"), sliders = box.querySelector(".sliders");
    const words = box.querySelector(".words");
    const plots = spec.panels.map(() => panels.appendChild(document.createElement("div")));
    function draw() {
      const place = Array.from(sliders.querySelectorAll("input"), input => Number(input.value));
      spec.panels.forEach((panel, i) => Plotly.react(plots[i],
        spec.curves.filter(curve => curve.panel === i).map(curve => trace(curve, place)), layout(panel),
        {responsive: true, displayModeBar: false}));
      if (spec.words) words.textContent = at(spec.words, place);
    }
    sliders.append(...spec.sliders.map(given => slider(given, draw)));
    panels.hidden = sliders.hidden = false;
    box.querySelector(".still").classList.add("replaced");
    draw();
  }

  function load() {
    const boxes = Array.from(document.querySelectorAll(".lmphys-explorable"));
    if (!boxes.length) return;
    const script = document.createElement("script");
    script.src = (document.documentElement.dataset.content_root || "") + "_static/plotly.min.js";
    script.onload = () => boxes.forEach(begin);
    document.head.append(script);
  }

  if (document.readyState === "loading") document.addEventListener("DOMContentLoaded", load);
  else load();
})();
