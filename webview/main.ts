// The DAG panel's page: built into dist/webview/dag.js and dag.css.
import 'uplot/dist/uPlot.min.css';
import './style/index.css';
import './ui/controls.js';
import { App } from './app.js';

const root = document.querySelector<HTMLElement>('#app');
if (!root) throw new Error('The page of the DAG panel has no place for it.');
const app = new App(acquireVsCodeApi(), root);
window.addEventListener('message', ({ data }: MessageEvent<unknown>) => app.receive(data));
window.addEventListener('error', ({ error, message }) => app.report(error ?? message));
window.addEventListener('unhandledrejection', ({ reason }) => app.report(reason));
app.start();
