// The style sheet and the script of a flame graph's page.
//
// Neither has '<' or '&', so that the page is well-formed XML too. The page's policy names their
// hashes.
//
// Thread: any; constant data.
#pragma once

#include <string_view>

namespace tusk::observe::profile {

inline constexpr std::string_view kFlameStyle = R"css(
:root { color-scheme: light dark; --ink: #1b1b1b; --paper: #fff; --line: #d8d8d8; --dim: #6a6a6a;
  --call: #17191c; --f0: #f6a04d; --f1: #f2b155; --f2: #f08f4f; --f3: #f4c264; --f4: #ec8350;
  --f5: #f7b27a; --inner: #b9c6d3; --wait: #8fc1e8; --all: #d9d9d9; --hit: #c86fe0; }
@media (prefers-color-scheme: dark) { :root { --ink: #e6e6e6; --paper: #16181b; --line: #34383d;
  --dim: #9aa0a6; --f0: #d98a3f; --f1: #d39a45; --f2: #cf7c42; --f3: #d0a650; --f4: #c87043;
  --f5: #d69a66; --inner: #8d9cab; --wait: #6aa3d0; --all: #8a8d91; --hit: #c479d8; } }
* { box-sizing: border-box; }
body { margin: 0; padding: 14px 18px 52px; background: var(--paper); color: var(--ink);
  font: 14px/1.45 system-ui, "Segoe UI", "DejaVu Sans", sans-serif; }
h1 { font-size: 19px; margin: 0 0 2px; } h2 { font-size: 15px; margin: 22px 0 6px; }
p { margin: 2px 0; } .dim { color: var(--dim); }
.notes { margin: 6px 0; padding: 6px 12px 6px 28px; border-left: 4px solid #e0a800;
  background: color-mix(in srgb, #e0a800 12%, transparent); }
.bar { display: flex; flex-wrap: wrap; gap: 8px; align-items: center; margin: 14px 0 8px; }
input[type=radio] { position: absolute; opacity: 0; }
label.tab { border: 1px solid var(--line); border-radius: 6px; padding: 4px 12px; cursor: pointer; }
#show-wall:checked ~ .bar label.for-wall, #show-cpu:checked ~ .bar label.for-cpu {
  background: var(--ink); color: var(--paper); border-color: var(--ink); }
#show-wall:focus-visible ~ .bar label.for-wall, #show-cpu:focus-visible ~ .bar label.for-cpu {
  outline: 2px solid #3b82f6; outline-offset: 2px; }
#show-wall:checked ~ .cpu, #show-cpu:checked ~ .wall { display: none; }
input[type=search] { font: inherit; color: inherit; background: var(--paper); min-width: 240px;
  border: 1px solid var(--line); border-radius: 6px; padding: 4px 10px; margin-left: auto; }
button { font: inherit; color: inherit; background: var(--paper); border: 1px solid var(--line);
  border-radius: 6px; padding: 4px 12px; cursor: pointer; }
.chart { display: block; width: 100%; border-top: 1px solid var(--line);
  font: 12px system-ui, "Segoe UI", "DejaVu Sans", sans-serif; }
.chart svg { cursor: pointer; }
.chart rect { stroke: var(--paper); stroke-width: 1px; rx: 2px; }
.chart text { fill: var(--call); pointer-events: none; }
.f0 rect { fill: var(--f0); } .f1 rect { fill: var(--f1); } .f2 rect { fill: var(--f2); }
.f3 rect { fill: var(--f3); } .f4 rect { fill: var(--f4); } .f5 rect { fill: var(--f5); }
.inner rect { fill: var(--inner); } .wait rect { fill: var(--wait); } .all rect { fill: var(--all); }
.chart svg:hover rect { stroke: var(--ink); } .chart svg.hit rect { fill: var(--hit); }
.chart svg.outer { opacity: .55; } .gone { display: none; }
.key span { display: inline-block; width: 11px; height: 11px; border-radius: 2px;
  margin: 0 4px 0 14px; vertical-align: -1px; }
.key .script { background: var(--f0); margin-left: 0; } .key .php { background: var(--inner); }
.key .waiting { background: var(--wait); }
table { border-collapse: collapse; } td, th { padding: 2px 12px 2px 0; text-align: left;
  border-bottom: 1px solid var(--line); vertical-align: top; overflow-wrap: anywhere; }
th { font-weight: 600; white-space: nowrap; } td.n { text-align: right; white-space: nowrap;
  font-variant-numeric: tabular-nums; }
#detail { position: fixed; left: 0; right: 0; bottom: 0; padding: 6px 18px; min-height: 36px;
  background: var(--paper); border-top: 1px solid var(--line); overflow: hidden;
  text-overflow: ellipsis; white-space: nowrap; margin: 0; }
)css";

inline constexpr std::string_view kFlameScript = R"js(
"use strict";
(() => {
  const byId = (id) => document.getElementById(id);
  const search = byId("search"), reset = byId("reset"), found = byId("found"), detail = byId("detail");
  const hint = "Click a function to zoom in, the grey bar or Esc to zoom out; / searches";
  const narrowest = 30, letter = 6.7, tiny = 1e-7;
  const charts = [...document.querySelectorAll("svg.chart")].map((svg) => {
    const frames = [...svg.children].map((box) => {
      const x = parseFloat(box.getAttribute("x")), width = parseFloat(box.getAttribute("width"));
      return { box, x, width, shown: width, y: parseFloat(box.getAttribute("y")),
        label: box.querySelector("text"), about: box.querySelector("title").textContent };
    });
    return { svg, frames, zoomed: frames[0] };
  });
  const frameAt = (event) => {
    const box = event.target.closest("svg.chart svg");
    if (!box) return null;
    const chart = charts.find((each) => each.svg.contains(box));
    return { chart, frame: chart.frames.find((each) => each.box === box) };
  };
  const showLabels = (chart) => {
    const pixels = chart.svg.getBoundingClientRect().width / 100;
    if (pixels === 0) return;
    chart.frames.forEach((frame) => {
      const wide = frame.shown * pixels, fits = Math.floor((wide - 8) / letter);
      const name = frame.about.split("\n")[0];
      frame.label.classList.toggle("gone", narrowest > wide);
      frame.label.textContent = name.length > fits ? name.slice(0, Math.max(fits - 1, 0)) + "…" : name;
    });
  };
  const zoom = (chart, to) => {
    chart.zoomed = to;
    const end = to.x + to.width;
    chart.frames.forEach((frame) => {
      const outer = to.y > frame.y;
      const inside = outer ? (to.x + tiny > frame.x ? frame.x + frame.width + tiny > end : false)
        : (frame.x + tiny > to.x ? end + tiny > frame.x + frame.width : false);
      frame.box.classList.toggle("gone", !inside);
      frame.box.classList.toggle("outer", outer);
      frame.shown = outer ? 100 : frame.width / to.width * 100;
      frame.box.setAttribute("x", outer ? "0%" : (frame.x - to.x) / to.width * 100 + "%");
      frame.box.setAttribute("width", frame.shown + "%");
    });
    reset.hidden = charts.every((each) => each.zoomed === each.frames[0]);
    showLabels(chart);
  };
  const mark = () => {
    const wanted = search.value.trim().toLowerCase();
    charts.forEach((chart) => {
      let sum = 0, last = -1;
      chart.frames.forEach((frame, index) => {
        const hit = wanted === "" || index === 0 ? false
          : frame.about.split("\n\n")[0].toLowerCase().includes(wanted);
        frame.box.classList.toggle("hit", hit);
        if (hit ? frame.x + tiny > last : false) { sum += frame.width; last = frame.x + frame.width; }
      });
      chart.share = sum;
    });
    const shown = charts[byId("show-cpu").checked ? 1 : 0];
    found.textContent = wanted === "" || !shown ? "" : shown.share.toFixed(1) + " % of the time";
  };
  charts.forEach((chart) => {
    chart.svg.addEventListener("click", (event) => {
      const at = frameAt(event);
      if (at) zoom(chart, at.frame);
    });
    chart.svg.addEventListener("mousemove", (event) => {
      const at = frameAt(event);
      detail.textContent = at ? at.frame.about.replace("\n\n", " \u2014 ").replaceAll("\n", ", ") : hint;
    });
    showLabels(chart);
  });
  const backToAll = () => charts.forEach((chart) => zoom(chart, chart.frames[0]));
  reset.addEventListener("click", backToAll);
  search.addEventListener("input", mark);
  document.addEventListener("keydown", (event) => {
    if (event.key === "Escape") { search.value = ""; mark(); backToAll(); }
    if (event.key === "/" ? document.activeElement !== search : false) {
      event.preventDefault();
      search.focus();
    }
  });
  const refresh = () => { charts.forEach(showLabels); mark(); };
  document.querySelectorAll("input[type=radio]").forEach((each) =>
    each.addEventListener("change", refresh));
  window.addEventListener("resize", refresh);
  search.hidden = false;
  detail.textContent = hint;
  detail.classList.remove("gone");
})();
)js";

}  // namespace tusk::observe::profile
