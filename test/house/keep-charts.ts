// `npm run charts`.
import { keepPages } from './charts.js';

keepPages();
