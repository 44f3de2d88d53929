// The trend of a measurement.

/**
 * Slope of the line with the least squares through points of minutes and values, per hour. 0 with less than two points.
 *
 * @param {[number, number][]} points
 */
export function slopePerHour(points) {
  const mean = (values) => values.reduce((sum, one) => sum + one, 0) / values.length;
  const [middle, level] = [mean(points.map(([at]) => at)), mean(points.map(([, value]) => value))];
  const spread = points.reduce((sum, [at]) => sum + (at - middle) ** 2, 0);
  if (!(spread > 0)) return 0;
  return (points.reduce((sum, [at, value]) => sum + (at - middle) * (value - level), 0) / spread) * 60;
}
