// Runs the shell, in place of `node mongo.js`: with what V8 made of the file's 8 MB when the image
// was built, which saves a third of the time that it takes to start.
'use strict';
const fs = require('fs');
const { wrap } = require('module');
const { dirname } = require('path');
const { Script } = require('vm');

const filename = `${__dirname}/mongo.js`;
const cache = `${__dirname}/mongo.cache`;
const script = new Script(wrap(fs.readFileSync(filename, 'utf8')), {
  filename,
  cachedData: fs.existsSync(cache) ? fs.readFileSync(cache) : undefined,
  importModuleDynamically: specifier => import(specifier),
});
if (process.env.WRITE_CACHE) {
  process.on('exit', () => fs.writeFileSync(cache, script.createCachedData()));
}
script.runInThisContext()(exports, require, module, filename, dirname(filename));
