// Everything that is written once for all vectors. Included for each with T, LANES, SUFFIX and TARGET.

#include "lanes.h"
#include "convolution_template.h"
#include "gradient_template.h"
#include "window_products_template.h"
#include "dense_template.h"
#include "scatter_template.h"
#include "parts_template.h"
#include "lanes_end.h"
