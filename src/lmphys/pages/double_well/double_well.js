/* Redraws every double well of the page as its sliders move: U(x) = a x^4 / 4 - b x^2 / 2, noise D. */
(function () {
  const places = (low, high, n) => Array.from({length: n}, (_, i) => low + (high - low) * i / (n - 1));
  const potential = (x, a, b) => a * x ** 4 / 4 - b * x ** 2 / 2;
  /* Height of the barrier in units of the noise. */
  const barrier = (a, b, D) => b > 0 ? b * b / (4 * a * D) : 0;
  const kramersTime = (b, h) => Math.PI * Math.SQRT2 / b * Math.exp(h);
  function density(x, a, b, D) {
    const U = x.map(v => potential(v, a, b)), least = Math.min(...U);
    const weight = U.map(u => Math.exp((least - u) / D));
    const total = weight.reduce((sum, w) => sum + w, 0) * (x[1] - x[0]);
    return weight.map(w => w / total);
  }
  /* Mean time from the bottom of one well to that of the other. With x in units of the well, U / D = h (u^4 - 2 u^2):
     4 h / b times the integral of e^{U(u) / D} over the way, each times that of e^{-U(v) / D} over all v below u. */
  function meanTime(b, h) {
    const end = Math.sqrt(1 + Math.sqrt(1 + 40 / h)), step = 0.001;
    let below = 0, time = 0;
    for (let u = -end + step / 2; u < 1; u += step) {
      const U = h * (u ** 4 - 2 * u ** 2), weight = Math.exp(-U) * step;
      if (u > -1) time += Math.exp(U) * step * (below + weight / 2);
      below += weight;
    }
    return 4 * h / b * time;
  }
  function words(a, b, D) {
    if (b <= 0) return "One well, one mode. The restoring rate at its bottom is " + (-b).toFixed(2) +
      (b === 0 ? ": the critical point." : ".");
    const h = barrier(a, b, D), time = t => t.toPrecision(3);
    return "Two modes. The barrier is " + h.toFixed(2) + " D high, so the valley holds " + Math.exp(-h).toPrecision(2) +
      " of the density of a peak. An escape takes " + time(meanTime(b, h)) + " units of time on average; Kramers' rate " +
      "says " + time(kramersTime(b, h)) + ".";
  }
  if (typeof document === "undefined") {
    globalThis.lmphysDoubleWell = {places, potential, density, barrier, kramersTime, meanTime, words};
    return;
  }
  document.querySelectorAll(".lmphys-double-well:not([data-ready])").forEach(box => {
    box.dataset.ready = "yes";
    const {low, high, n, width, height, right, bottom, top, peak} = JSON.parse(box.dataset.scale);
    const x = places(low, high, n), inputs = Array.from(box.querySelectorAll("input"));
    const clamp = (v, least, most) => Math.min(Math.max(v, least), most);
    function path(name, shift, y) {
      const points = x.map((v, i) => (shift + (v - low) / (high - low) * width).toFixed(1) + " " + y[i].toFixed(1));
      box.querySelector(name).setAttribute("d", "M" + points.join("L"));
    }
    function draw() {
      const [a, b, D] = inputs.map(input => Number(input.value));
      inputs.forEach(input => input.previousElementSibling.textContent = Number(input.value).toFixed(2));
      path(".potential", 0, x.map(v => (top - clamp(potential(v, a, b), -9, 9)) / (top - bottom) * height));
      path(".density", right, density(x, a, b, D).map(p => (1 - Math.min(p, 2 * peak) / peak) * height));
      box.querySelector(".words").textContent = words(a, b, D);
    }
    inputs.forEach(input => input.addEventListener("input", draw));
    box.querySelector(".controls").hidden = false;
    draw();
  });
})();
