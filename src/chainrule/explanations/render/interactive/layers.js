// Where boxes of different sizes stand: layers from the value down, long links led around the boxes.
//
// The layered drawing of Sugiyama, Tagawa and Toda, "Methods for visual understanding of hierarchical system
// structures" (1981): layers by longest path, a point where a link crosses a layer, places by barycentres.

const GAP = { across: 26, down: 46 };
const SWEEPS = 6;

/**
 * @param items [{ id, width, height, rank }]; a link leads from a lower rank to a higher one
 * @param pairs [[from, to]] of ids
 * @returns { width, height, at: Map id -> [left, top], routes: Map "from to" -> [[x, y]] between the two boxes }
 */
export function arranged(items, pairs) {
  const cells = new Map(items.map((item) => [item.id, { ...item, layer: 0, above: [], below: [] }]));
  const ordered = [...cells.values()].sort((one, other) => one.rank - other.rank);
  const down = pairs.filter(([from, to]) => cells.get(from).rank < cells.get(to).rank);
  const onward = new Map(ordered.map((cell) => [cell.id, []]));
  for (const [from, to] of down) onward.get(from).push(cells.get(to));
  for (const cell of ordered) for (const next of onward.get(cell.id)) next.layer = Math.max(next.layer, cell.layer + 1);
  const last = Math.max(0, ...ordered.map((cell) => cell.layer));
  for (const cell of ordered) if (cell.rank === Infinity) cell.layer = last;
  const layers = [];
  for (const cell of ordered) (layers[cell.layer] ??= []).push(cell);
  const routes = new Map();
  for (const [from, to] of down) routes.set(`${from} ${to}`, led(cells.get(from), cells.get(to), layers));
  spread(layers);
  const tops = stacked(layers);
  const left = Math.min(0, ...layers.flat().map((cell) => cell.x - cell.width / 2));
  const width = Math.max(0, ...layers.flat().map((cell) => cell.x + cell.width / 2)) - left;
  const at = new Map(ordered.map((cell) => [cell.id, [cell.x - cell.width / 2 - left, tops[cell.layer].top]]));
  const points = new Map([...routes].map(([key, route]) => [key, route.map((cell) => {
    const { top, high } = tops[cell.layer];
    return [cell.x - left, top, top + high];
  })]));
  return { width, height: tops.length ? tops.at(-1).top + tops.at(-1).high : 0, at, routes: points };
}

/** The points at which a link crosses the layers between its ends. */
function led(from, to, layers) {
  const route = [];
  let last = from;
  for (let layer = from.layer + 1; layer < to.layer; layer++) {
    const point = { width: 14, height: 0, layer, above: [], below: [], point: true };
    layers[layer].push(point);
    joined(last, point);
    route.push(point);
    last = point;
  }
  joined(last, to);
  return route;
}

function joined(upper, lower) {
  upper.below.push(lower);
  lower.above.push(upper);
}

/** Order every layer by what its cells are joined to, then move the cells towards it as far as there is room. */
function spread(layers) {
  for (const layer of layers) packed(layer, (cell, i) => i);
  for (let sweep = 0; sweep < SWEEPS; sweep++) {
    const side = sweep % 2 ? "below" : "above";
    for (const layer of sweep % 2 ? [...layers].reverse() : layers) {
      const wish = new Map(layer.map((cell) => [cell, mean(cell[side].map((other) => other.x), cell.x)]));
      layer.sort((one, other) => wish.get(one) - wish.get(other));
      packed(layer, (cell) => wish.get(cell));
    }
  }
}

/** Cells side by side, in their order, near where they wish to be. */
function packed(layer, wish) {
  let end = -Infinity;
  layer.forEach((cell, i) => {
    cell.x = Math.max(wish(cell, i), end + cell.width / 2);
    end = cell.x + cell.width / 2 + GAP.across;
  });
  const shift = mean(layer.map((cell, i) => wish(cell, i) - cell.x), 0);
  for (const cell of layer) cell.x += shift;
}

function stacked(layers) {
  let top = 0;
  return layers.map((layer) => {
    const high = Math.max(0, ...layer.map((cell) => cell.height));
    const found = { top, high };
    top += high + GAP.down;
    return found;
  });
}

function mean(numbers, otherwise) {
  return numbers.length ? numbers.reduce((sum, number) => sum + number, 0) / numbers.length : otherwise;
}
