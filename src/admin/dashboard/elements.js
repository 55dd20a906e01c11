// Elements of the page, and numbers as people read them. Every text from outside passes plain().
'use strict';

const SVG = 'http://www.w3.org/2000/svg';
const $ = id => document.getElementById(id);
const el = (tag, attributes = {}, ...children) => fill(document.createElement(tag), attributes, children);
const svg = (tag, attributes = {}, ...children) => fill(document.createElementNS(SVG, tag), attributes, children);
function fill(node, attributes, children) {
  for (const [name, value] of Object.entries(attributes)) node.setAttribute(name, value);
  node.append(...children.filter(child => child != null).map(child => child.nodeType ? child : plain(child)));
  return node;
}
// Controls and marks of writing direction are shown, and not obeyed.
const plain = text => text.replace(/[\u0000-\u0009\u000b-\u001f\u007f-\u009f\u200e\u200f\u202a-\u202e\u2066-\u2069]/g, c => '\\u' + c.charCodeAt().toString(16).padStart(4, '0'));
const say = (node, text) => { text = plain(text); if (node.textContent !== text) node.textContent = text; };
const sum = numbers => numbers.reduce((a, b) => a + b, 0);

// --- numbers for people ---

const round = (n, digits) => n.toLocaleString('en', { maximumFractionDigits: digits, minimumFractionDigits: digits });
const count = n => n == null ? '–' : n >= 1e6 ? round(n / 1e6, 1) + ' M' : n >= 1e4 ? round(n / 1e3, 1) + ' k' : round(n, n < 10 && n % 1 ? 1 : 0);
const percent = n => n == null ? '–' : n && n < 1e-4 ? '< 0.01 %' : round(100 * n, n && n < .1 ? 2 : 0) + ' %';
function time(s) {
  if (s == null) return '–';
  if (s < 1e-3) return round(s * 1e6, 0) + ' µs';
  if (s < 1) return round(s * 1e3, s < .1 ? 1 : 0) + ' ms';
  if (s < 60) return round(s, s < 10 ? 2 : 1) + ' s';
  if (s < 3600) return Math.floor(s / 60) + ' min ' + Math.floor(s % 60) + ' s';
  if (s < 86400) return Math.floor(s / 3600) + ' h ' + Math.floor(s % 3600 / 60) + ' min';
  return Math.floor(s / 86400) + ' d ' + Math.floor(s % 86400 / 3600) + ' h';
}
function bytes(n) {
  if (n == null) return '–';
  const units = ['B', 'KiB', 'MiB', 'GiB', 'TiB'];
  let unit = 0;
  for (; n >= 1024 && unit < 4; ++unit) n /= 1024;
  return round(n, unit && n < 100 ? 1 : 0) + ' ' + units[unit];
}
