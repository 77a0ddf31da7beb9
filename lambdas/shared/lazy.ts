/** Builds on first use, then keeps: nothing is done at import, and a build that failed is tried again. */
export function lazy<T>(build: () => T): () => T {
  let built: { value: T } | undefined;
  return () => {
    built ??= { value: build() };
    return built.value;
  };
}
