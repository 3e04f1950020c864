(function () {
  "use strict";
  var config = { displayModeBar: false, responsive: false, showTips: false, staticPlot: false };
  var narrow = 560;

  function choice(plot, index) {
    var whole = JSON.parse(document.getElementById(plot.dataset.figure).textContent);
    return whole.choices ? whole.choices[index || 0] : whole;
  }

  // Plotly's own legend neither wraps nor stays inside a narrow figure; this one is text.
  function legend(plot, traces) {
    var list = plot.closest("figure").querySelector(".legend");
    list.textContent = "";
    traces.forEach(function (trace) {
      if (!trace.name || trace.showlegend === false) return;
      var item = document.createElement("li"), mark = document.createElement("i");
      var marker = trace.marker || {}, hatch = marker.pattern && marker.pattern.shape;
      mark.className = trace.mode === "lines" ? "line" : trace.type === "scatter" ? "dot" : "box";
      if (marker.symbol === "line-ns-open") mark.className = "tick";
      if (marker.symbol === "diamond") mark.className = "diamond";
      mark.style.backgroundColor = (trace.line && trace.line.color) || marker.color;
      if (hatch) mark.className += hatch === "/" ? " hatched" : " dotted";
      item.appendChild(mark);
      item.appendChild(document.createTextNode(trace.name));
      list.appendChild(item);
    });
  }

  // A figure as wide as its box; on a phone the type is smaller.
  function draw(plot, index) {
    var figure = choice(plot, index);
    var layout = Object.assign({}, figure.layout, { showlegend: false });
    legend(plot, figure.data);
    plot.style.minWidth = figure.wide ? figure.wide + "px" : "";
    layout.width = Math.max(Math.floor(plot.clientWidth), 240);
    if (layout.width < narrow) {
      layout.font = Object.assign({}, layout.font, { size: 11 });
      layout.xaxis = Object.assign({ nticks: 5 }, layout.xaxis);
    }
    plot.dataset.width = layout.width;
    plot.dataset.index = index || 0;
    return Plotly.react(plot, figure.data, layout, config);
  }

  var plots = Array.prototype.slice.call(document.querySelectorAll(".plot"));
  var ready = Promise.all(plots.map(function (plot) { return draw(plot, 0); }));
  ready.then(function () { document.documentElement.dataset.ready = "yes"; });

  document.querySelectorAll("select[data-plot]").forEach(function (select) {
    var plot = document.querySelector('[data-figure="' + select.dataset.plot + '"]');
    select.addEventListener("change", function () { draw(plot, Number(select.value)); });
  });

  function redraw() {
    plots.forEach(function (plot) {
      if (Math.abs(plot.clientWidth - plot.dataset.width) > 1) draw(plot, Number(plot.dataset.index));
    });
  }
  var waiting;
  window.addEventListener("resize", function () {
    clearTimeout(waiting);
    waiting = setTimeout(redraw, 120);
  });
  // Paper is about 680 px wide; folded tables are opened, for nobody can click on paper.
  window.addEventListener("beforeprint", function () {
    document.querySelectorAll("main details").forEach(function (box) { box.open = true; });
    plots.forEach(function (plot) {
      plot.style.minWidth = "";
      Plotly.relayout(plot, { width: 680 });
    });
  });
  window.addEventListener("afterprint", function () {
    plots.forEach(function (plot) { draw(plot, Number(plot.dataset.index)); });
  });

  document.querySelectorAll("table.sortable").forEach(function (table) {
    table.querySelectorAll("th").forEach(function (head, column) {
      head.querySelector("button").addEventListener("click", function () {
        var up = head.getAttribute("aria-sort") !== "ascending";
        table.querySelectorAll("th").forEach(function (other) { other.setAttribute("aria-sort", "none"); });
        head.setAttribute("aria-sort", up ? "ascending" : "descending");
        sort(table.tBodies[0], column, up ? 1 : -1);
      });
    });
  });

  function key(row, column) {
    var cell = row.cells[column];
    return "value" in cell.dataset ? cell.dataset.value : cell.textContent;
  }
  function sort(body, column, sign) {
    var rows = Array.prototype.slice.call(body.rows);
    rows.sort(function (a, b) {
      var x = key(a, column), y = key(b, column);
      if (x === "" || y === "") return x === y ? 0 : x === "" ? 1 : -1;
      var number = Number(x) - Number(y);
      var order = isNaN(number) ? x.localeCompare(y, document.documentElement.lang) : number;
      return sign * order;
    });
    rows.forEach(function (row) { body.appendChild(row); });
  }

  var links = {};
  document.querySelectorAll("nav a").forEach(function (a) { links[a.getAttribute("href").slice(1)] = a; });
  if ("IntersectionObserver" in window) {
    var watch = new IntersectionObserver(function (entries) {
      entries.forEach(function (entry) {
        if (!entry.isIntersecting) return;
        Object.keys(links).forEach(function (id) { links[id].classList.toggle("here", id === entry.target.id); });
      });
    }, { rootMargin: "-10% 0px -80% 0px" });
    document.querySelectorAll("main [id].stop").forEach(function (part) { watch.observe(part); });
  }
  if (window.innerWidth <= 1080) document.querySelector("nav details").open = false;
})();
