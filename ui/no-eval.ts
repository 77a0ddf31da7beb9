/** The page's Content-Security-Policy forbids code made from texts; zod would try. Before any schema is made. */
import { config } from 'zod';

config({ jitless: true });
