import type { StylesheetJson } from 'cytoscape';
import { healthColour, healthImage, type Palette } from './palette';
import type { Health } from './types';

const healths: Health[] = ['healthy', 'degraded', 'failing', 'idle', 'unknown'];

/** Cytoscape's stylesheet for a palette. Numbers and words come from the elements' data; nothing here depends on a mesh. */
export function stylesFor(palette: Palette): StylesheetJson {
  return [
    {
      selector: 'node',
      style: {
        shape: 'round-rectangle',
        width: 'data(width)',
        height: 'data(height)',
        'background-color': palette.surface,
        'border-width': 1.2,
        'border-color': palette.lineStrong,
        'background-width': '12px',
        'background-height': '12px',
        'background-position-x': '10px',
        'background-position-y': '50%',
        'background-clip': 'none',
        'overlay-opacity': 0,
      },
    },
    ...healths.map(health => ({
      selector: `node[health="${health}"]`,
      style: { 'background-image': healthImage(health, palette), ...(health === 'degraded' || health === 'failing' ? { 'border-color': healthColour(health, palette), 'border-width': 2 } : {}) },
    })),
    { selector: 'node[kind="gateway"], node[kind="waypoint"]', style: { shape: 'cut-rectangle' } },
    { selector: 'node[kind="service"]', style: { shape: 'barrel' } },
    { selector: 'node[kind="operation"]', style: { shape: 'round-rectangle', 'corner-radius': '21px' } },
    { selector: 'node[kind="external"], node[kind="unknown"]', style: { 'border-style': 'dashed', 'background-color': palette.page } },
    {
      selector: 'edge',
      style: {
        'curve-style': 'bezier',
        'control-point-step-size': 34,
        width: 'data(width)',
        'line-color': palette.lineStrong,
        'target-arrow-color': palette.lineStrong,
        'target-arrow-shape': 'triangle',
        'arrow-scale': 0.9,
        'line-style': 'solid',
        'overlay-opacity': 0,
        'line-opacity': 0.85,
      },
    },
    ...(['degraded', 'failing'] as const).map(health => ({
      selector: `edge[health="${health}"]`,
      style: { 'line-color': healthColour(health, palette), 'target-arrow-color': healthColour(health, palette) },
    })),
    { selector: 'edge[health="healthy"]', style: { 'line-color': palette.calm, 'target-arrow-color': palette.calm } },
    { selector: 'edge[stroke="dashed"]', style: { 'line-style': 'dashed', 'line-dash-pattern': [7, 4] } },
    { selector: 'edge[stroke="dotted"]', style: { 'line-style': 'dotted', 'line-color': palette.idle, 'target-arrow-color': palette.idle, 'line-opacity': 0.6 } },
    // Looking for the one under the pointer among thousands is quicker where their lines are plain numbers.
    { selector: 'edge.many', style: { 'curve-style': 'straight', 'arrow-scale': 0.7, 'line-opacity': 0.5, events: 'no' } },
    { selector: 'edge.many:loop', style: { events: 'yes' } },
    { selector: '.hidden', style: { display: 'none' } },
    { selector: '.faded', style: { opacity: 0.16 } },
    { selector: 'edge.near', style: { 'line-opacity': 1, 'z-index': 5 } },
    { selector: 'node.found', style: { 'border-color': palette.primary, 'border-width': 2.5 } },
    { selector: 'node.at', style: { 'outline-color': palette.primary, 'outline-width': 2, 'outline-offset': 3, 'outline-opacity': 1 } },
    { selector: 'edge.at', style: { 'underlay-color': palette.primary, 'underlay-opacity': 0.45, 'underlay-padding': 5, 'line-opacity': 1, opacity: 1, 'z-index': 6 } },
    { selector: 'node:selected, node.selected', style: { 'background-color': palette.chosen, 'border-color': palette.primary, 'border-width': 2.5 } },
    { selector: 'edge.selected', style: { 'underlay-color': palette.primary, 'underlay-opacity': 0.3, 'underlay-padding': 6, 'line-opacity': 1 } },
  ] as StylesheetJson;
}
