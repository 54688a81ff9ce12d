// The page of the Results panel: built into dist/webview/results.js and results.css.
import 'uplot/dist/uPlot.min.css';
import '../style/results/index.css';
import '../ui/controls.js';
import { begin } from '../panel-app.js';
import { ResultsApp } from './app.js';

begin(ResultsApp);
