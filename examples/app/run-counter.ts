import { runApp } from 'rocade/app';
import Counter from './counter.ts';

await runApp(Counter, { url: process.argv[2] ?? 'ws://localhost:9000' });
