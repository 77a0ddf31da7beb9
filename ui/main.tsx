import './no-eval';
import { render } from 'preact';
import { takeToken } from './api';
import { App } from './app';
import { applyTheme } from './theme';

takeToken();
applyTheme();
const place = document.getElementById('page');
if (place) render(<App />, place);
