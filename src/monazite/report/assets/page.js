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
      var item = document.createElement("li");
      item.appendChild(/lines/.test(trace.mode) && !trace.stackgroup ? stroke(trace) : patch(trace));
      item.appendChild(document.createTextNode(trace.name));
      list.appendChild(item);
    });
  }

  function patch(trace) {
    var mark = document.createElement("i"), marker = trace.marker || {};
    var hatch = marker.pattern && marker.pattern.shape;
    mark.className = trace.stackgroup ? "box" : trace.type === "scatter" ? "dot" : "box";
    if (marker.symbol === "line-ns-open") mark.className = "tick";
    if (marker.symbol === "diamond") mark.className = "diamond";
    mark.style.backgroundColor = trace.fillcolor || (trace.line && trace.line.color) || marker.color;
    if (hatch) mark.className += hatch === "/" ? " hatched" : " dotted";
    return mark;
  }

  // A line as it is drawn: its colour, its dashes and its marker.
  var SHAPES = {
    circle: "M8 6a4 4 0 1 0 8 0a4 4 0 1 0-8 0z", square: "M8.5 2.5h7v7h-7z", diamond: "M12 1l5 5-5 5-5-5z",
    "triangle-up": "M12 1.5l4.5 8h-9z", "triangle-down": "M12 10.5l4.5-8h-9z",
    cross: "M10.5 2h3v2.5H16v3h-2.5V10h-3V7.5H8v-3h2.5z", x: "M8 4l2-2 2 2 2-2 2 2-2 2 2 2-2 2-2-2-2 2-2-2 2-2z",
  };
  function stroke(trace) {
    var holder = document.createElement("span");
    holder.innerHTML = "<svg></svg>";  // its namespace without an address: pages name none
    var svg = holder.firstChild, ns = svg.namespaceURI;
    var line = trace.line || {}, marker = trace.marker || {}, colour = line.color || marker.color;
    svg.setAttribute("viewBox", "0 0 24 12");
    var rule = document.createElementNS(ns, "path");
    rule.setAttribute("d", "M0 6H24");
    rule.setAttribute("stroke", colour);
    rule.setAttribute("stroke-width", "2.5");
    rule.setAttribute("stroke-dasharray", { dot: "2.5 2.5", dash: "6 3" }[line.dash] || "none");
    svg.appendChild(rule);
    if (/markers/.test(trace.mode)) {
      var dot = document.createElementNS(ns, "path");
      dot.setAttribute("d", SHAPES[marker.symbol] || SHAPES.circle);
      dot.setAttribute("fill", marker.color || colour);
      svg.appendChild(dot);
    }
    return svg;
  }

  // Of the years on an axis those that do not touch, the first and the last always.
  function thinned(axis, width) {
    var ticks = axis.tickvals, last = ticks.length - 1, kept = [ticks[0]];
    var gap = 38 * (ticks[last] - ticks[0]) / Math.max(width - 90, 60);
    ticks.slice(1, last).forEach(function (tick) {
      if (tick - kept[kept.length - 1] >= gap && ticks[last] - tick >= gap) kept.push(tick);
    });
    return Object.assign({}, axis, { tickvals: last ? kept.concat(ticks[last]) : kept });
  }
  function isYears(axis) { return axis && axis.type === "linear" && axis.tickmode === "array" && axis.tickformat === "d"; }

  // A figure as wide as its box; on a phone the type is smaller. A folded one has no width: it
  // waits until it is opened.
  function folded(plot) { return plot.closest("details:not([open])"); }
  function draw(plot, index) {
    plot.dataset.index = index || 0;
    if (folded(plot)) return Promise.resolve();
    var figure = choice(plot, index);
    // a wide figure scrolls sideways on a phone, unless it has a layout of its own for it
    var slim = figure.narrow && plot.closest("figure").clientWidth < narrow;
    var layout = Object.assign({}, slim ? figure.narrow : figure.layout, { showlegend: false });
    legend(plot, figure.data);
    plot.style.minWidth = figure.wide && !slim ? figure.wide + "px" : "";
    layout.width = Math.max(Math.floor(plot.clientWidth), 240);
    if (layout.width < narrow) {
      layout.font = Object.assign({}, layout.font, { size: 11 });
      layout.xaxis = Object.assign({ nticks: 5 }, layout.xaxis);
    }
    if (isYears(layout.xaxis)) layout.xaxis = thinned(layout.xaxis, layout.width);
    plot.dataset.width = layout.width;
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
      if (!folded(plot) && !(Math.abs(plot.clientWidth - plot.dataset.width) <= 1)) draw(plot, Number(plot.dataset.index));
    });
  }
  document.querySelectorAll("main details").forEach(function (box) { box.addEventListener("toggle", redraw); });
  var all = Array.prototype.slice.call(document.querySelectorAll("section>details,section>.named>details"));
  var unfold = document.querySelector(".unfold");
  if (unfold) {
    unfold.hidden = all.length < 2;
    unfold.addEventListener("click", function () {
      var word = unfold.textContent, open = unfold.dataset.open !== "yes";
      all.forEach(function (box) { box.open = open; });
      unfold.dataset.open = open ? "yes" : "";
      unfold.textContent = unfold.dataset.other;
      unfold.dataset.other = word;
    });
  }
  var waiting;
  window.addEventListener("resize", function () {
    clearTimeout(waiting);
    waiting = setTimeout(redraw, 120);
  });
  // Paper is about 680 px wide. A brief page is printed as it stands; on others folded tables are
  // opened, for nobody can click on paper. Tables of many pages stay folded, and say so.
  var pages = 100, brief = "brief" in document.querySelector("main").dataset, before = [];
  window.addEventListener("beforeprint", function () {
    before = Array.prototype.map.call(document.querySelectorAll("main details"), function (box) { return [box, box.open]; });
    before.forEach(function (pair) {
      var box = pair[0], long = box.querySelectorAll("tr").length > pages;
      box.open = !long && (pair[1] || !brief);
      if (long && (pair[1] || !brief)) box.querySelector("summary").dataset.paper = document.querySelector("main").dataset.paper;
    });
    plots.forEach(function (plot) {
      if (folded(plot)) return;
      if (!plot.dataset.width) draw(plot, Number(plot.dataset.index));
      plot.style.minWidth = "";
      var axis = choice(plot, Number(plot.dataset.index)).layout.xaxis;
      Plotly.relayout(plot, isYears(axis) ? { width: 680, "xaxis.tickvals": thinned(axis, 680).tickvals } : { width: 680 });
    });
  });
  window.addEventListener("afterprint", function () {
    before.forEach(function (pair) { pair[0].open = pair[1]; });
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

  // Every table and figure as a file: what sorts a cell is its full value. Works without a network.
  var word = document.querySelector("main").dataset.download;
  function plainText(value) {
    var text = value === null || value === undefined ? "" : String(value).replace(/<br>/g, " ").trim();
    return /[",\n]/.test(text) ? '"' + text.replace(/"/g, '""') + '"' : text;
  }
  function save(name, rows) {
    var text = "\ufeff" + rows.map(function (row) { return row.map(plainText).join(","); }).join("\r\n") + "\r\n";
    var link = document.createElement("a");
    link.href = URL.createObjectURL(new Blob([text], { type: "text/csv;charset=utf-8" }));
    link.download = name + ".csv";
    link.click();
    setTimeout(function () { URL.revokeObjectURL(link.href); }, 1000);
  }
  function button(rows, name) {
    var made = document.createElement("button");
    made.type = "button";
    made.className = "download";
    made.textContent = word;
    made.addEventListener("click", function () { save(name, rows()); });
    return made;
  }
  function cellsOf(table) {
    return Array.prototype.map.call(table.rows, function (row) {
      return Array.prototype.map.call(row.cells, function (cell) {
        if ("file" in cell.dataset) return cell.dataset.file;
        return "value" in cell.dataset ? cell.dataset.value : cell.textContent;
      });
    });
  }
  function title(axis, fallback) { return (axis && axis.title && axis.title.text) || fallback; }
  function drawnIn(plot) {
    var figure = choice(plot, Number(plot.dataset.index)), layout = figure.layout || {};
    var rows = [["series", title(layout.xaxis, "x"), title(layout.yaxis, "y")]];
    figure.data.forEach(function (trace) {
      if (trace.type === "heatmap") {
        trace.y.forEach(function (y, i) {
          trace.x.forEach(function (x, j) { rows.push([y, x, trace.z[i][j]]); });
        });
      } else if (trace.type === "sankey") {
        var link = trace.link, labels = trace.node.label || [];
        link.source.forEach(function (from, i) {
          rows.push([labels[from] || from, labels[link.target[i]] || link.target[i], link.value[i]]);
        });
      } else (trace.x || []).forEach(function (x, i) { rows.push([trace.name, x, (trace.y || [])[i]]); });
    });
    return rows;
  }
  document.querySelectorAll("main table").forEach(function (table, place) {
    var part = table.closest("section"), name = (part ? part.id : "table") + "-" + (place + 1);
    var box = table.closest(".scroll") || table;
    box.insertAdjacentElement("afterend", button(function () { return cellsOf(table); }, name));
  });
  plots.forEach(function (plot) {
    plot.closest("figure").appendChild(button(function () { return drawnIn(plot); }, plot.dataset.figure.slice(5)));
  });

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
