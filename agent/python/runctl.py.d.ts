/** The file's text: bundled so by esbuild, and by Jest's transform. */
declare const source: string;
export default source;
