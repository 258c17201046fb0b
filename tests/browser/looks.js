/* What is wrong with a page as it is shown: texts that a reader cannot see whole, or hardly sees at all. */
() => {
  const found = [];
  const named = e => {
    const words = (e.textContent || e.alt || "").trim().replace(/\s+/g, " ").slice(0, 40);
    const kind = typeof e.className === "string" && e.className ? "." + e.className.trim().split(/\s+/)[0] : "";
    return `${e.tagName.toLowerCase()}${kind} "${words}"`;
  };
  const shown = e => e.checkVisibility({checkOpacity: true, checkVisibilityCSS: true});

  /* Nothing sticks out to the right but inside a box that scrolls. */
  const edge = document.documentElement.clientWidth + 1;
  const scrolls = e => {
    for (let up = e.parentElement; up; up = up.parentElement) {
      const flow = getComputedStyle(up).overflowX;
      if (flow === "auto" || flow === "scroll" || flow === "hidden" || flow === "clip") return true;
    }
    return false;
  };
  const article = document.querySelector("article");
  if (document.documentElement.scrollWidth > edge) found.push(`the page is ${document.documentElement.scrollWidth} px wide`);
  for (const e of article.querySelectorAll("*")) {
    if (e.closest("svg, mjx-assistive-mml")) continue;
    const box = e.getBoundingClientRect();
    if (box.width && box.right > edge && shown(e) && !scrolls(e)) found.push(`sticks out: ${named(e)}`);
  }

  for (const image of article.querySelectorAll("img"))
    if (image.complete && !image.naturalWidth) found.push(`missing image: ${image.getAttribute("src")}`);
  for (const fault of article.querySelectorAll("mjx-merror, [data-mjx-error]")) found.push(`formula: ${named(fault)}`);

  /* Contrast of every text with what lies behind it (WCAG 2.1, 1.4.3). */
  const canvas = document.createElement("canvas").getContext("2d", {willReadFrequently: true});
  const rgba = colour => {
    canvas.clearRect(0, 0, 1, 1);
    canvas.fillStyle = colour;
    canvas.fillRect(0, 0, 1, 1);
    return Array.from(canvas.getImageData(0, 0, 1, 1).data);
  };
  const over = (top, below) => top.slice(0, 3).map((c, i) => c * top[3] / 255 + below[i] * (1 - top[3] / 255));
  const behind = e => {
    const layers = [];
    for (let up = e; up; up = up.parentElement) {
      const layer = rgba(getComputedStyle(up).backgroundColor);
      if (layer[3]) layers.push(layer);
      if (layer[3] === 255) break;
    }
    return layers.reverse().reduce((below, layer) => over(layer, below), [255, 255, 255]);
  };
  const light = colour => {
    const [r, g, b] = colour.map(c => c / 255).map(c => c <= 0.03928 ? c / 12.92 : ((c + 0.055) / 1.055) ** 2.4);
    return 0.2126 * r + 0.7152 * g + 0.0722 * b;
  };
  const pale = new Set();
  const walk = document.createTreeWalker(article, NodeFilter.SHOW_TEXT);
  for (let node = walk.nextNode(); node; node = walk.nextNode()) {
    const e = node.parentElement;
    if (!node.textContent.trim() || !shown(e) || e.closest("svg, script, style, mjx-container, .headerlink")) continue;
    const style = getComputedStyle(e), ground = behind(e);
    const [a, b] = [light(over(rgba(style.color), ground)), light(ground)].sort((x, y) => y - x);
    const size = parseFloat(style.fontSize), large = size >= 24 || (size >= 18.6 && Number(style.fontWeight) >= 700);
    const ratio = (a + 0.05) / (b + 0.05);
    if (ratio < (large ? 3 : 4.5)) pale.add(`contrast ${ratio.toFixed(1)}: ${named(e)}`);
  }
  return [...new Set([...found, ...pale])];
}
