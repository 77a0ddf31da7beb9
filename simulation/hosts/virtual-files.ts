/** The disks of all hosts of a world: the part of node:fs that the agent uses, in memory. Texts are ASCII. */

interface FileNode {
  kind: 'file';
  inode: number;
  text: string;
  /** Counts up with every change: no two changes at the same time. */
  changedAt: number;
}

interface FolderNode {
  kind: 'folder';
  inode: number;
  names: Set<string>;
  changedAt: number;
}

type FsNode = FileNode | FolderNode;

const parentOf = (path: string) => path.slice(0, path.lastIndexOf('/')) || '/';
const nameOf = (path: string) => path.slice(path.lastIndexOf('/') + 1);
const normal = (path: string) => (path.length > 1 && path.endsWith('/') ? path.slice(0, -1) : path);

function missing(path: string): Error {
  return Object.assign(new Error(`ENOENT: no such file or directory, '${path}'`), { code: 'ENOENT' });
}

export class VirtualFiles {
  readonly #nodes = new Map<string, FsNode>([['/', { kind: 'folder', inode: 1, names: new Set(), changedAt: 0 }]]);
  readonly #open = new Map<number, string>();
  readonly #renameListeners: ((path: string) => void)[] = [];
  #serial = 1;

  /** Told of the new path of everything that is renamed. */
  onRename(listener: (path: string) => void): void {
    this.#renameListeners.push(listener);
  }

  read(path: string): string | undefined {
    const node = this.#nodes.get(normal(path));
    return node?.kind === 'file' ? node.text : undefined;
  }

  pathOf(descriptor: number): string {
    return this.#open.get(descriptor) ?? '';
  }

  write(path: string, text: string): void {
    const known = this.#nodes.get(path);
    if (known?.kind === 'file') {
      known.text = text;
      known.changedAt = ++this.#serial;
      return;
    }
    const parent = this.#folder(parentOf(path));
    this.#nodes.set(path, { kind: 'file', inode: ++this.#serial, text, changedAt: this.#serial });
    parent.names.add(nameOf(path));
  }

  append(path: string, text: string): void {
    this.write(path, (this.read(path) ?? '') + text);
  }

  makeFolder(path: string): void {
    const known = this.#nodes.get(path);
    if (known?.kind === 'folder') return;
    const parent = parentOf(path);
    if (!this.#nodes.has(parent)) this.makeFolder(parent);
    this.#nodes.set(path, { kind: 'folder', inode: ++this.#serial, names: new Set(), changedAt: this.#serial });
    this.#folder(parent).names.add(nameOf(path));
  }

  remove(path: string): void {
    const node = this.#nodes.get(path);
    if (node?.kind === 'folder') for (const name of node.names) this.remove(`${path}/${name}`);
    if (node === undefined) return;
    this.#nodes.delete(path);
    this.#folder(parentOf(path)).names.delete(nameOf(path));
  }

  rename(from: string, to: string): void {
    const node = this.#nodes.get(from);
    if (node === undefined) throw missing(from);
    this.#nodes.delete(from);
    this.#folder(parentOf(from)).names.delete(nameOf(from));
    this.remove(to);
    this.#nodes.set(to, node);
    this.#folder(parentOf(to)).names.add(nameOf(to));
    for (const listener of this.#renameListeners) listener(to);
  }

  #folder(path: string): FolderNode {
    const node = this.#nodes.get(path);
    if (node?.kind !== 'folder') throw missing(path);
    return node;
  }

  #node(path: string): FsNode {
    const node = this.#nodes.get(normal(path));
    if (node === undefined) throw missing(path);
    return node;
  }

  #openFile(path: string, flags: string): number {
    if (this.read(path) === undefined) {
      if (flags === 'r') throw missing(path);
      this.write(path, '');
    }
    const descriptor = ++this.#serial;
    this.#open.set(descriptor, path);
    return descriptor;
  }

  #readInto(descriptor: number, buffer: Buffer, [offset, length, position]: [number, number, number]): number {
    const text = this.read(this.pathOf(descriptor)) ?? '';
    return buffer.write(text.slice(position, position + length), offset, 'latin1');
  }

  #status(path: string) {
    const node = this.#node(path);
    const size = node.kind === 'file' ? node.text.length : 4096;
    return { dev: 1n, ino: BigInt(node.inode), size: BigInt(size), mtimeNs: BigInt(node.changedAt) };
  }

  #entries(path: string) {
    const { names } = this.#folder(normal(path));
    return [...names].sort().map((name) => {
      const { kind } = this.#node(`${path}/${name}`);
      return { name, isFile: () => kind === 'file', isDirectory: () => kind === 'folder' };
    });
  }

  #required(path: string): string {
    const text = this.read(path);
    if (text === undefined) throw missing(path);
    return text;
  }

  /** As node:fs. */
  get fs(): object {
    return {
      existsSync: (path: string) => this.#nodes.has(normal(path)),
      realpathSync: (path: string) => {
        this.#node(path);
        return normal(path);
      },
      mkdirSync: (path: string) => this.makeFolder(normal(path)),
      rmSync: (path: string) => this.remove(normal(path)),
      renameSync: (from: string, to: string) => this.rename(from, to),
      writeFileSync: (path: string, text: string) => this.write(path, text),
      appendFileSync: (path: string, text: string) => this.append(path, text),
      readFileSync: (path: string) => this.#required(path),
      openSync: (path: string, flags: string) => this.#openFile(path, flags),
      closeSync: (descriptor: number) => void this.#open.delete(descriptor),
      fstatSync: (descriptor: number) => ({ size: this.#required(this.pathOf(descriptor)).length }),
      readSync: (descriptor: number, buffer: Buffer, offset: number, length: number, position: number) =>
        this.#readInto(descriptor, buffer, [offset, length, position]),
      createReadStream: (path: string) => [Buffer.from(this.#required(path))],
    };
  }

  /** As node:fs/promises. */
  get promises(): object {
    return {
      mkdir: async (path: string) => this.makeFolder(normal(path)),
      rm: async (path: string) => this.remove(normal(path)),
      lstat: async (path: string) => this.#status(path),
      readdir: async (path: string) => this.#entries(normal(path)),
      realpath: async (path: string) => {
        this.#node(path);
        return normal(path);
      },
    };
  }
}
