// What the example needs of Node.
declare const process: { env: Record<string, string | undefined> };
