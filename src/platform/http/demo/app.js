// The embedded page: one running sale, a shopper to try with, and what the server does each second. No dependency.
"use strict";

const prefix = document.documentElement.dataset.prefix;
const SECONDS = 60;
const CROWD = 100;
const STATUS_WORDS = { not_started: "即将开始", running: "进行中", ended: "已结束" };
const el = (id) => document.getElementById(id);
const yuan = (fen) => "¥ " + (fen / 100).toFixed(2);
const chosen = { activity: null, item: null };
let deadline = null; // performance.now() at which the countdown reaches zero
let shopper = null;

// ---- the server -------------------------------------------------------------------------------------------------

async function ask(path, options) {
  const response = await fetch(path, options);
  const text = await response.text();
  let body = null;
  try { body = text ? JSON.parse(text) : null; } catch { body = { detail: text }; }
  return { status: response.status, body };
}

async function newShopper() {
  // On a phone wx.login() gives the code; here the WeChat sandbox does.
  const wechat = await ask("/demo/shopper", { method: "POST" });
  if (wechat.status !== 201) throw wechat.body;
  const { status, body } = await ask(`${prefix}/auth/login`, {
    method: "POST",
    headers: { "Content-Type": "application/json" },
    body: JSON.stringify({ code: wechat.body.code }),
  });
  if (status !== 200) throw body;
  return { user_id: body.user.user_id, token: body.access_token, refresh: body.refresh_token };
}

function newKey() {
  return Array.from(crypto.getRandomValues(new Uint8Array(16)), (byte) => byte.toString(16).padStart(2, "0")).join("");
}

/** An access token lives for 15 minutes; the page may stay open for longer. */
async function refreshed(who) {
  const { status, body } = await ask(`${prefix}/auth/refresh`, {
    method: "POST",
    headers: { "Content-Type": "application/json" },
    body: JSON.stringify({ refresh_token: who.refresh }),
  });
  if (status !== 200) return false;
  who.token = body.access_token;
  who.refresh = body.refresh_token;
  return true;
}

async function buy(item, who) {
  const key = newKey();
  const answer = await order(item, who, key);
  return answer.status === 401 && (await refreshed(who)) ? order(item, who, key) : answer;
}

function order(item, who, key) {
  return ask(`${prefix}/seckill/items/${item}/orders`, {
    method: "POST",
    headers: { "Content-Type": "application/json", Authorization: `Bearer ${who.token}`, "Idempotency-Key": key },
    body: JSON.stringify({ quantity: 1 }),
  });
}

// ---- the sale ---------------------------------------------------------------------------------------------------

async function refreshSale() {
  const { status, body } = await ask(`${prefix}/seckill/activities`);
  if (status !== 200) return;
  const activity = body.items.find((one) => one.status === "running") ?? body.items[0];
  chosen.activity = activity ?? null;
  if (!activity) {
    el("sale-name").textContent = "现在没有抢购活动";
    el("sale-status").textContent = "无活动";
    return;
  }
  el("sale-name").textContent = activity.name;
  el("sale-status").textContent = STATUS_WORDS[activity.status];
  el("sale-status").classList.toggle("running", activity.status === "running");
  el("countdown-label").textContent = activity.status === "not_started" ? "距离开始" : "距离结束";
  deadline = performance.now() + activity.countdown_ms;
  chosen.item = activity.items.find((one) => one.id === chosen.item?.id) ?? activity.items[0] ?? null;
  showPicker(activity.items);
  showItem(chosen.item, activity.status);
}

function showPicker(items) {
  const list = el("items");
  el("picker").hidden = items.length < 2;
  const shown = items.slice(0, 200);
  if (list.options.length === shown.length) return;
  list.replaceChildren(...shown.map((item) => new Option(`${item.title}（${yuan(item.price_fen)}）`, item.id)));
}

function showItem(item, status) {
  const sellable = Boolean(item) && status === "running";
  el("buy").disabled = !item;
  el("crowd").disabled = !sellable;
  if (!item) return;
  el("item-title").textContent = item.title;
  el("price").textContent = yuan(item.price_fen);
  el("list-price").textContent = item.list_price_fen > item.price_fen ? yuan(item.list_price_fen) : "";
  el("limit").textContent = `每人限购 ${item.limit_per_user} 件`;
  el("stock-bar").max = Math.max(item.quota, 1);
  el("stock-bar").value = item.remaining;
  el("stock-text").textContent = item.remaining > 0
    ? `剩余 ${item.remaining.toLocaleString()} / ${item.quota.toLocaleString()} 件`
    : `已售罄（共 ${item.quota.toLocaleString()} 件）`;
}

function showCountdown() {
  if (deadline === null) return;
  const left = Math.max(0, Math.ceil((deadline - performance.now()) / 1000));
  const two = (number) => String(number).padStart(2, "0");
  el("countdown").textContent = `${two(Math.floor(left / 3600))}:${two(Math.floor(left / 60) % 60)}:${two(left % 60)}`;
}

// ---- the answer -------------------------------------------------------------------------------------------------

function line(text, className) {
  const paragraph = document.createElement("p");
  paragraph.textContent = text;
  if (className) paragraph.className = className;
  return paragraph;
}

function showAnswer({ status, body }) {
  const ordered = status === 201 || status === 200;
  const lines = ordered
    ? [
      line("抢到了！", "verdict good"),
      line(`订单号 ${body.order_no}`),
      line(`应付 ${yuan(body.payable_fen)}，请在 ${new Date(body.expires_at).toLocaleTimeString("zh-CN")} 前付款。`),
    ]
    : [line((body?.title ?? "没有回答").split(" / ")[0], "verdict bad"), line(body?.detail ?? "服务器没有给出说明。")];
  const raw = document.createElement("pre");
  raw.textContent = `HTTP ${status}\n${JSON.stringify(body, null, 2)}`;
  el("answer").replaceChildren(...lines, raw);
}

function showCrowd(answers) {
  const counts = new Map();
  for (const { status, body } of answers) {
    const word = status === 201 ? "抢到了" : (body?.title ?? `HTTP ${status}`).split(" / ")[0];
    counts.set(word, (counts.get(word) ?? 0) + 1);
  }
  const lines = [...counts].map(([word, count]) => line(`${word}：${count} 位`));
  el("answer").replaceChildren(line(`${answers.length} 位顾客的结果`, "verdict"), ...lines);
}

function showFailure() {
  showAnswer({ status: 0, body: { title: "连不上服务器", detail: "请确认服务还在运行，然后重试。" } });
}

// ---- the chart --------------------------------------------------------------------------------------------------

const samples = []; // { orders, refusals } each second, newest last
let before = null;

async function sample() {
  const { status, body } = await ask("/demo/stats");
  if (status !== 200) return;
  const at = performance.now();
  if (before) {
    const seconds = Math.max((at - before.at) / 1000, 0.001);
    const rate = (name) => Math.max(0, Math.round((body[name] - before[name]) / seconds));
    samples.push({ orders: rate("orders"), refusals: rate("refusals") });
    if (samples.length > SECONDS) samples.shift();
  }
  before = { at, orders: body.orders, refusals: body.refusals };
  const newest = samples.at(-1) ?? { orders: 0, refusals: 0 };
  el("orders-now").textContent = newest.orders.toLocaleString();
  el("refusals-now").textContent = newest.refusals.toLocaleString();
  el("totals").textContent = `启动以来：下单 ${body.orders.toLocaleString()}，拒绝 ${body.refusals.toLocaleString()}`;
  draw();
}

/** The least round number that is not below the highest sample. */
function ceiling() {
  const highest = Math.max(5, ...samples.map((one) => Math.max(one.orders, one.refusals)));
  const power = 10 ** Math.floor(Math.log10(highest));
  return [1, 2, 5, 10].map((step) => step * power).find((round) => round >= highest);
}

function draw() {
  const canvas = el("chart");
  const scale = window.devicePixelRatio || 1;
  const [width, height] = [canvas.clientWidth, canvas.clientHeight];
  if (canvas.width !== Math.round(width * scale)) {
    canvas.width = Math.round(width * scale);
    canvas.height = Math.round(height * scale);
  }
  const pen = canvas.getContext("2d");
  const color = (name) => getComputedStyle(document.documentElement).getPropertyValue(name).trim();
  pen.setTransform(scale, 0, 0, scale, 0, 0);
  pen.clearRect(0, 0, width, height);
  const [left, right, top, bottom, most] = [48, width - 8, 10, height - 22, ceiling()];
  const x = (index) => left + ((right - left) * index) / (SECONDS - 1);
  const y = (value) => bottom - ((bottom - top) * value) / most;
  pen.font = "12px system-ui, sans-serif";
  pen.lineWidth = 1;
  for (const part of [0, 0.5, 1]) {
    pen.strokeStyle = color("--line");
    pen.beginPath();
    pen.moveTo(left, y(most * part));
    pen.lineTo(right, y(most * part));
    pen.stroke();
    pen.fillStyle = color("--quiet");
    pen.textAlign = "right";
    pen.fillText((most * part).toLocaleString(), left - 6, y(most * part) + 4);
  }
  pen.textAlign = "left";
  pen.fillText("60 秒前", left, height - 5);
  pen.textAlign = "right";
  pen.fillText("现在", right, height - 5);
  const start = SECONDS - samples.length;
  for (const name of ["refusals", "orders"]) {
    pen.strokeStyle = color(`--${name}`);
    pen.lineWidth = 2.5;
    pen.lineJoin = "round";
    pen.beginPath();
    samples.forEach((one, index) => {
      const point = [x(start + index), y(one[name])];
      if (index === 0) pen.moveTo(...point); else pen.lineTo(...point);
    });
    pen.stroke();
  }
}

// ---- the shopper ------------------------------------------------------------------------------------------------

async function changeShopper() {
  shopper = await newShopper();
  el("shopper").textContent = `#${String(shopper.user_id).slice(-6)}`;
}

async function whileDisabled(button, work) {
  button.disabled = true;
  try { await work(); } catch { showFailure(); }
  button.disabled = false;
  refreshSale().catch(() => {});
}

el("change").addEventListener("click", () => whileDisabled(el("change"), changeShopper));
el("buy").addEventListener("click", () => whileDisabled(el("buy"), async () => {
  if (!shopper) await changeShopper();
  showAnswer(await buy(chosen.item.id, shopper));
}));
el("crowd").addEventListener("click", () => whileDisabled(el("crowd"), async () => {
  const item = chosen.item.id;
  const one = async () => {
    try { return await buy(item, await newShopper()); } catch (body) { return { status: 0, body }; }
  };
  showCrowd(await Promise.all(Array.from({ length: CROWD }, one)));
}));
el("items").addEventListener("change", (event) => {
  const id = Number(event.target.value);
  chosen.item = chosen.activity.items.find((item) => item.id === id) ?? chosen.item;
  showItem(chosen.item, chosen.activity.status);
});
window.addEventListener("resize", draw);

changeShopper().catch(showFailure);
refreshSale().catch(showFailure);
draw();
setInterval(() => { refreshSale().catch(() => {}); sample().catch(() => {}); }, 1000);
setInterval(showCountdown, 200);
