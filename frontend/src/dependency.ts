/** On whom regions depend: the dependency part of the document. */

import type { Place, Text } from "./payload";

export interface DependencyBlock {
  name: string;
  title: Text;
  file: string;
  unit: string;
  /** A choke point reaches both: a dependency and a concentration of sources. */
  thresholds: [number, number];
  /** Regions and points tell the last. */
  periods: string[];
  regions: DependentRegion[];
  goods: Place[];
  sources: Place[];
  /** By region, then rank: every choke point and what comes nearest to one. */
  points: ChokePoint[];
  /** Of each region at most so many, and whether that is all. */
  most: number;
  all: boolean;
}

export interface DependentRegion {
  code: string;
  name: Text;
  /** Whether the region's own supply is known; where it is not, all of it counts as foreign. */
  domestic: boolean;
  goods: number;
  chokes: number;
  total: number;
  foreign: number;
  dependency: number | null;
  /** Share of all supply that is of choke points. */
  inChokes: number | null;
  chokesByPeriod: number[];
}

export interface ChokePoint {
  region: number;
  good: number;
  /** 1 hangs most on one source; null is no choke point. */
  rank: number | null;
  choke: boolean;
  total: number;
  foreign: number;
  domestic: number;
  dependency: number | null;
  hhi: number | null;
  /** As many sources of equal size as make the same concentration. */
  sources: number | null;
  topSource: number | null;
  topShare: number | null;
  /** The largest source's share of all supply. */
  exposure: number | null;
  /** By how much the domestic share has risen since the first period. */
  substitution: number | null;
  /** Dependency, concentration and exposure in every period. */
  byPeriod: [number | null, number | null, number | null][];
}
