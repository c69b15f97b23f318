/** Every view of the page: what it is called, where it stands, whether a run has anything to show there, and who draws it. */

import type { Context } from "./context";
import type { Report } from "./payload";
import { audit } from "./sections/audit";
import { chokepoints } from "./sections/chokepoints";
import { claims } from "./sections/claims";
import { compare } from "./sections/compare";
import { complexity } from "./sections/complexity";
import { conversion } from "./sections/conversion";
import { coverage } from "./sections/coverage";
import { digital } from "./sections/digital";
import { distribution } from "./sections/distribution";
import { emergence } from "./sections/emergence";
import { follow } from "./sections/follow";
import { forecast } from "./sections/forecast";
import { fusion } from "./sections/fusion";
import { inequality } from "./sections/inequality";
import { ladder } from "./sections/ladder";
import { map } from "./sections/map";
import { method } from "./sections/method";
import { mobility } from "./sections/mobility";
import { hasMoves, moves } from "./sections/moves";
import { network } from "./sections/network";
import { profile } from "./sections/profile";
import { ranking } from "./sections/ranking";
import { record } from "./sections/record";
import { recorded } from "./sections/recorded";
import { simclaims } from "./sections/simclaims";
import { simfacts } from "./sections/simfacts";
import { simfutures } from "./sections/simfutures";
import { simindustries } from "./sections/simindustries";
import { simlags } from "./sections/simlags";
import { simmodel } from "./sections/simmodel";
import { simregions } from "./sections/simregions";
import { simrungs } from "./sections/simrungs";
import { space } from "./sections/space";
import { standing } from "./sections/standing";
import { sureness } from "./sections/sureness";
import { tree } from "./sections/tree";
import { trend } from "./sections/trend";
import { whatif } from "./sections/whatif";
import { hasPart } from "./dynamics";
import type { Served } from "./served";
import type { Space } from "./space";
import type { Word } from "./words";

export type Group = "index" | "sure" | "dynamics" | "structure" | "ladder" | "simulation" | "sources";

export interface View {
  /** As `view=` in the address, and the id of the section that `make` gives. */
  id: string;
  group: Group;
  /** Its name in the navigation. */
  word: Word;
  make: (c: Context) => HTMLElement;
  /** Whether a run has anything to show there; without it every run has. */
  has?: (r: Report, served: Served | null) => boolean;
  /** Something to try things with, which the whole report does without. */
  tool?: true;
  /** Which choices of the bar on top it goes by. */
  by?: ("year" | "element")[];
  /** Codes of the audit's findings that concern it. */
  concerns?: string[];
}

/** The groups in the order of the navigation: their names, and what they are about. */
export const GROUPS: { id: Group; word: Word; about: Word }[] = [
  { id: "index", word: "groupIndex", about: "groupIndexAbout" },
  { id: "sure", word: "groupSure", about: "groupSureAbout" },
  { id: "dynamics", word: "groupDynamics", about: "groupDynamicsAbout" },
  { id: "structure", word: "groupStructure", about: "groupStructureAbout" },
  { id: "ladder", word: "groupLadder", about: "groupLadderAbout" },
  { id: "simulation", word: "groupSimulation", about: "groupSimulationAbout" },
  { id: "sources", word: "groupSources", about: "groupSourcesAbout" },
];

const indexed = (r: Report): boolean => r.index !== null;
/** Whether policies were run at all, and not claims alone. */
const grown = (r: Report): boolean => !!r.simulation && r.simulation.series.length > 0 && r.simulation.moments.length > 0;
const anySpace = (r: Report, has: (space: Space) => boolean): boolean => (r.structure?.spaces ?? []).some(has);

// What the audit says of weights, of the make-up of the index, of its scale over the years, of its data.
const WEIGHTS = ["dispersion-weights", "raw-totals-dominate", "dispersion-dominates", "effective-weight-apart", "against-the-index", "zero-rule-moves-weights"];
const MAKEUP = ["same-column-twice", "near-duplicates", "redundant-indicators", "collinear-indicators", "shared-parts", "index-within-index", "all-totals", "totals-among-ratios", "label-contradicts-formula", "productivity-residual"];
const SCALE = ["years-not-comparable", "scale-set-by-one-cell", "last-year-changes-history"];
const FILLED = ["filled-cells-carry-ranks", "filled-cells", "cells-missing"];
const COUPLING = ["coupling-without-spread", "systems-share-columns", "coupling-of-zero"];

export const VIEWS: View[] = [
  { id: "ranking", group: "index", word: "navRanking", make: ranking, has: indexed, by: ["element", "year"], concerns: ["unstable-ranks", "full-compensation", "raw-totals-dominate", "dispersion-dominates", "all-totals", "filled-cells-carry-ranks", "regions-absent"] },
  { id: "trend", group: "index", word: "navTrend", make: trend, has: indexed, by: ["element"], concerns: [...SCALE, "opposite-trends", "current-prices", "boundaries-not-recorded"] },
  { id: "map", group: "index", word: "navMap", make: map, has: indexed, by: ["element", "year"], concerns: ["years-not-comparable", "regions-absent", "boundaries-not-recorded"] },
  { id: "profile", group: "index", word: "navProfile", make: profile, has: indexed, by: ["year"], concerns: ["unstable-ranks", "full-compensation", "label-contradicts-formula", ...FILLED] },
  { id: "compare", group: "index", word: "navCompare", make: compare, has: indexed, by: ["element", "year"], concerns: SCALE },
  { id: "whatif", group: "index", tool: true, word: "navWhatif", make: whatif, has: indexed, by: ["element", "year"], concerns: ["dispersion-weights", "effective-weight-apart", "full-compensation"] },
  { id: "tree", group: "index", word: "navTree", make: tree, has: indexed, by: ["year"], concerns: [...WEIGHTS, ...MAKEUP] },
  { id: "sureness", group: "sure", word: "navSureness", make: sureness, has: (r) => r.sureness !== null, by: ["year"], concerns: ["unstable-ranks", "full-compensation", "zero-rule-moves-weights"] },
  { id: "follow", group: "sure", word: "navFollow", make: follow, has: (r) => r.followed.length > 0, concerns: ["opposite-trends", "years-not-comparable"] },
  { id: "claims", group: "sure", word: "navClaims", make: claims, has: (r) => r.claims.length > 0, concerns: ["opposite-trends", "unstable-ranks"] },
  { id: "audit", group: "sure", word: "navAudit", make: audit, has: (r) => r.audit.length > 0 },
  { id: "distribution", group: "dynamics", word: "navDistribution", make: distribution, has: (r) => hasPart(r, "distribution") || !!r.dynamics?.notices.length, by: ["element"], concerns: [...SCALE, "opposite-trends"] },
  { id: "mobility", group: "dynamics", word: "navMobility", make: mobility, has: (r) => hasPart(r, "mobility"), by: ["element"], concerns: ["years-not-comparable", "unstable-ranks"] },
  { id: "inequality", group: "dynamics", word: "navInequality", make: inequality, has: (r) => hasPart(r, "inequality", "convergence"), by: ["element"], concerns: [...SCALE, "opposite-trends"] },
  { id: "space", group: "structure", word: "navSpace", make: space, has: (r) => anySpace(r, (one) => one.columns.includes("density")) },
  { id: "network", group: "structure", word: "navNetwork", make: network, has: (r) => anySpace(r, (one) => one.network !== null) },
  { id: "complexity", group: "structure", word: "navComplexity", make: complexity, has: (r) => anySpace(r, () => true) },
  { id: "forecast", group: "structure", word: "navForecast", make: forecast, has: (r) => anySpace(r, (one) => one.forecast.length > 0) },
  { id: "standing", group: "structure", word: "navStanding", make: standing, has: (r) => anySpace(r, (one) => one.standing !== null) },
  { id: "fusion", group: "structure", word: "navFusion", make: fusion, has: (r) => !!r.structure?.fusion },
  { id: "digital", group: "structure", word: "navDigital", make: digital, has: (r) => !!r.structure?.digital, concerns: COUPLING },
  { id: "emergence", group: "structure", word: "navEmergence", make: emergence, has: (r) => !!r.structure?.emergence.length },
  { id: "chokepoints", group: "structure", word: "navChokepoints", make: chokepoints, has: (r) => !!r.structure?.dependency.length },
  { id: "records", group: "structure", word: "navRecords", make: recorded, has: (r) => !!r.structure?.records.length },
  { id: "ladder", group: "ladder", word: "navLadder", make: ladder, has: (r) => !!r.structure?.ladder.length },
  { id: "moves", group: "ladder", word: "navMoves", make: moves, has: (r) => !!r.structure?.ladder.some(hasMoves) },
  { id: "conversion", group: "ladder", word: "navConversion", make: conversion, has: (r) => !!r.structure?.ladder.some((one) => one.conversion) },
  { id: "simfutures", group: "simulation", word: "navFutures", make: simfutures, has: (r) => grown(r) },
  { id: "simrungs", group: "simulation", word: "navRungs", make: simrungs, has: (r) => grown(r) && r.simulation!.rungs.names.length > 0 },
  { id: "simindustries", group: "simulation", word: "navIndustries", make: simindustries, has: (r) => !!r.simulation?.industries.byPolicy.length },
  { id: "simregions", group: "simulation", word: "navSimRegions", make: simregions, has: (r) => !!r.simulation?.map },
  { id: "simlags", group: "simulation", word: "navLags", make: simlags, has: (r) => !!r.simulation?.lags.length },
  { id: "simfacts", group: "simulation", word: "navFacts", make: simfacts, has: (r) => !!r.simulation?.facts.length },
  { id: "simclaims", group: "simulation", word: "navSimClaims", make: simclaims, has: (r) => !!r.simulation?.claims.length },
  { id: "simmodel", group: "simulation", word: "navModel", make: simmodel, has: (r) => !!r.simulation },
  { id: "method", group: "sources", word: "navMethod", make: method, has: (r) => indexed(r) || !!r.structure, concerns: [...WEIGHTS, ...MAKEUP, "scale-set-by-one-cell"] },
  { id: "coverage", group: "sources", word: "navCoverage", make: coverage, concerns: [...FILLED, "regions-absent", "current-prices", "boundaries-not-recorded"] },
  { id: "record", group: "sources", word: "navRecord", make: record },
];

/** The view that a page opens with, and the one that holds all others. */
export const OVERVIEW = "overview";
export const WHOLE = "all";

export const viewsOf = (r: Report, served: Served | null): View[] => VIEWS.filter(({ has }) => !has || has(r, served));
