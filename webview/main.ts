// The DAG panel's page: built into dist/webview/dag.js and dag.css.
import 'uplot/dist/uPlot.min.css';
import './style/index.css';
import './ui/controls.js';
import { App } from './app.js';
import { begin } from './panel-app.js';

begin(App);
